"""From the options of `neocloud surplus` to what is asked: the history, the fleet, the question."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from neocloud.cli.asking import at, dollars
from neocloud.cli.output import note
from neocloud.cli.session import Bar, now_option, session
from neocloud.errors import Invalid
from neocloud.model.capacity import Resource
from neocloud.rules.asks import pool_named
from neocloud.units import Money, parse_decimal, parse_duration

if TYPE_CHECKING:
    from neocloud.backtest.answer import Surplus
    from neocloud.backtest.fleet import Fleet
    from neocloud.backtest.question import Question
    from neocloud.backtest.serving.load import Serving
    from neocloud.model.traces import Reading

_MOST_PRICES = 3

Written = TypeVar("Written")
Meant = TypeVar("Meant")


def one_of(said: Mapping[str, Any], names: Sequence[str], what: str, least: int = 1) -> None:
    """Refuse more of some options than one, and less than `least`."""
    given = [name for name in names if said[name] not in (None, False)]
    if not least <= len(given) <= 1:
        raise Invalid(f"give {what}{', and only one of them' if given else ''}; see neocloud surplus --help")


def only_of_jobs(said: Mapping[str, Any], names: Sequence[str]) -> None:
    """Refuse what has no meaning for a log of requests."""
    spelled = {"json_": "json", "prices": "price", "quotas": "quota"}
    given = [f"--{spelled.get(name, name).replace('_', '-')}" for name in names if said[name] not in (None, ())]
    if given:
        raise Invalid(f"{' and '.join(given)} go with a history of jobs, not with --serving; use --output json")


def caution(read: "Reading", asked: "Question", found: "Surplus") -> None:
    """Say loudly what makes an answer doubtful."""
    from neocloud.backtest.surplus import peak_fleet  # noqa: PLC0415

    trace = read.trace
    left = (
        read.rows_used - found.points[0].waits.jobs - sum(c.jobs for c in found.counts if c.what == "in the warm-up")
    )
    if left > read.rows_used // 100:
        note(f"{left:,} of {read.rows_used:,} jobs do not run on the whole fleet: the answer is without them")
    if (trace.waited_s >= 0).all() and (peak := peak_fleet(trace).gpus) > found.fleet_gpus:
        note(f"the history shows {peak:,} GPUs in use at once: a fleet of {found.fleet_gpus:,} cannot be right")
    if asked.policy == "priority" and (trace.rank == trace.rank[0]).all():
        note("all jobs have the same rank: under priority they start as under fifo; ranks come by a mapping")


def reading(said: Mapping[str, Any]) -> "Reading":
    """The history that the options name, or the example."""
    if said["example"]:
        from neocloud.backtest.synthetic.example import example  # noqa: PLC0415

        return example(seed=said["seed"])
    from neocloud.traces.reading import read_history  # noqa: PLC0415

    return read_history(
        said["history"],
        format=said["format_"],
        mapping=said["mapping"],
        zone=said["zone"],
        begins_at=None if said["begins"] is None else at(said["begins"], _now(), "--begins"),
        gpus_are_processors=said["processors_are_gpus"],
        strict=said["strict"],
        progress=Bar("reading"),
    )


def question(said: Mapping[str, Any], read: "Reading") -> "Question":
    """What the options ask of a history."""
    from neocloud.backtest.objective import Objective  # noqa: PLC0415
    from neocloud.backtest.policy import Policy  # noqa: PLC0415
    from neocloud.backtest.question import Question, shares_of  # noqa: PLC0415

    return Question(
        fleet=_fleet(said),
        policy=Policy(said["policy"]),
        estimates=said["estimates"],
        objective=_named("--objective", Objective.of, said["objective"]),
        shares=_named("--sell", shares_of, said["sell"]),
        quotas=_quotas(said["quotas"], read),
        prices=_prices(said["prices"]),
        let_ratio=_ratio(said["let"], "--let"),
        value=None if said["value"] is None else dollars(said["value"], "--value"),
        notices_s=tuple(_named("--notice", parse_duration, part) for part in _parts(said["notice"])),
        warm_up_s=_named("--warm-up", parse_duration, said["warm_up"]),
        zone=_zone(said["zone"]),
        resamples=said["resamples"],
        seed=said["seed"],
    )


def _fleet(said: Mapping[str, Any]) -> "Fleet | None":
    from neocloud.backtest.fleet import Fleet  # noqa: PLC0415
    from neocloud.backtest.synthetic.ingredients import EXAMPLE_NODES  # noqa: PLC0415

    one_of(said, ("gpus", "nodes", "pool"), "the fleet in one way: --gpus, --nodes or --pool", least=0)
    if said["nodes"] is not None:
        return _named("--nodes", Fleet.of_nodes, said["nodes"])
    if said["pool"] is not None:
        return Fleet.of_gpus(_sellable_gpus(said["pool"]))
    if said["gpus"]:
        return _named("--gpus", Fleet.of_gpus, said["gpus"])
    if said["example"]:
        return Fleet.of_gpus(Fleet.of_nodes(EXAMPLE_NODES).gpus)
    note("the size of the fleet was not given: as many GPUs are taken as were in use at the peak; better give --gpus")
    return None


def _sellable_gpus(pool: str) -> int:
    """What a pool of the ledger has to sell now, leased or not."""
    with session() as opened, opened.world() as world:
        gpus = world.capacity(Resource("gpus", pool_named(world, pool).id)).supply.at(opened.now)
    if gpus < 1:
        raise Invalid(f"pool {pool} has no GPUs in service now", place="--pool")
    return gpus


def _quotas(written: Sequence[str], read: "Reading") -> dict[str, int]:
    """The quotas of the mapping file, and over them those of the command line; each of a team that there is."""
    quotas = dict(read.quotas)
    for each in written:
        team, _, gpus = each.rpartition("=")
        if not team or not re.fullmatch(r"[0-9]{1,9}", gpus):
            raise Invalid(f"{each!r} is no quota; write TEAM=GPUS, such as vision=64", place="--quota")
        quotas[team] = int(gpus)
    for team in quotas:
        if team not in read.trace.teams:
            teams = ", ".join(read.trace.teams[:5])
            raise Invalid(f"no job is of team {team!r}; there are {teams} ...", place="--quota")
    return quotas


def _prices(text: str | None) -> tuple[Money, ...]:
    prices = tuple(dollars(part, "--price") for part in _parts(text))
    if len(prices) > _MOST_PRICES:
        raise Invalid(f"{len(prices)} prices are too many; give LOW,MID,HIGH or one", place="--price")
    return tuple(sorted(prices))


def _ratio(text: str, place: str) -> Decimal:
    ratio = _named(place, lambda written: parse_decimal(written, "a ratio"), text)
    if not 0 < ratio <= 1:
        raise Invalid(f"{text} is not over 0 and up to 1", place=place)
    return ratio


def _zone(name: str | None) -> str:
    try:
        return ZoneInfo(name or "UTC").key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(f"{name!r} is no time zone; write one such as Europe/Berlin", place="--zone") from None


def _parts(text: str | None) -> list[str]:
    return [part.strip() for part in text.split(",")] if text else []


def _now() -> int:
    return now_option(click.get_current_context().obj)


def _named(option: str, parse: Callable[[Written], Meant], text: Written) -> Meant:
    """Parse what an option says; what is wrong with it names the option."""
    try:
        return parse(text)
    except Invalid as error:
        raise error if error.place else error.at(option) from None


def serving_load(said: Mapping[str, Any]) -> "Serving":
    """What the requests of a product need of a fleet."""
    from neocloud.backtest.serving.load import serve  # noqa: PLC0415
    from neocloud.backtest.serving.service import Service  # noqa: PLC0415
    from neocloud.traces.requests import read_requests  # noqa: PLC0415

    if not said["tokens_per_gpu_s"]:
        raise Invalid(
            "say how many tokens a GPU serves a second, such as 900, or 12000,900", place="--tokens-per-gpu-s"
        )
    service = Service.of(
        said["tokens_per_gpu_s"],
        said["latency"],
        utilisation_ratio=float(_ratio(said["ceiling"], "--ceiling")),
        replica_gpus=said["replica"],
    )
    fleet = _fleet(said)
    return serve(
        read_requests(said["serving"], strict=said["strict"]),
        service,
        fleet_gpus=fleet.gpus if fleet else None,
        seed=said["seed"],
    )
