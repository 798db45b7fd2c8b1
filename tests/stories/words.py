"""The words of a story, and the commands, nouns and times that they mean."""

import re
import shlex
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any, Literal

from msgspec.structs import replace

from neocloud.model.commands import (
    Accept,
    Admit,
    Amend,
    Apply,
    Approve,
    Ask,
    Book,
    CloseOutage,
    Command,
    Confirm,
    Decline,
    DeclineApproval,
    Exercise,
    Leave,
    PriceAsk,
    Reclaim,
    Record,
    Release,
    Restore,
    Slip,
    Split,
    Terminate,
    Withdraw,
    WithdrawApproval,
)
from neocloud.model.entries import Noun
from neocloud.model.fleet import Curtailment, Delivery, Outage, Pool, PowerStep, Retirement, Site
from neocloud.model.forecasts import Forecast, Served
from neocloud.model.leases import Header, InternalValue, Option
from neocloud.model.policies import Policy
from neocloud.model.prices import ListPrice, PriceSet, Quoted
from neocloud.model.requests import Exit, Judgement, Request, Way
from neocloud.model.tenants import Tenant
from neocloud.model.terms import Late, Right, Terms
from neocloud.timeline import FOREVER
from neocloud.units import DAY_S, HOUR_S, Money, parse_duration, parse_instant
from tests.stories.conditions import condition

DAY_0 = parse_instant("2026-01-01", now=0)
OPTIONS = {
    "at", "until", "from", "to", "in", "move", "transfer", "successor", "by", "part", "price", "month", "value",
    "rank", "under", "recorded", "prefer", "amendment", "order", "pue", "watts", "unit", "spares", "turnaround",
    "retire", "p50", "p90", "on", "service", "for", "gpu", "currency", "back", "slips", "into", "leave", "shed",
    "ordered", "due", "grace", "decide", "rest", "of-lease", "exercise-by", "fee", "answering", "because",
    "latest", "exit", "class", "knowing", "as", "id", "quoted", "country", "screened", "sites", "retired",
}  # fmt: skip
PER: dict[str, Literal["gpu_hour", "month"]] = {"price": "gpu_hour", "month": "month"}
FLAGS = {
    "takes",
    "planned",
    "unpriced",
    "with-spares",
    "protected",
    "reclaiming",
    "force",
    "terminate-late",
    "fewer-late",
    "divisible",
    "put",
}


class Line:
    """One line of a story: who says what, and what is to come of it."""

    def __init__(self, text: str) -> None:
        said, _, self.expected = (part.strip() for part in text.partition("->"))
        self.options: dict[str, str] = {}
        self.words: list[str] = []
        tokens = iter(shlex.split(said))
        for token in tokens:
            if token in OPTIONS:
                self.options[token] = next(tokens)
            elif token in FLAGS:
                self.options[token] = ""
            else:
                self.words.append(token)

    def time(self, option: str) -> int | None:
        """The instant that an option names."""
        return instant(self.options[option]) if option in self.options else None

    def number(self, option: str) -> int | None:
        """The number that an option gives."""
        return int(self.options[option]) if option in self.options else None

    def money(self, amount: str) -> Money:
        """An amount, in USD unless the line names another currency."""
        return Money.of(Decimal(amount), self.options.get("currency", "USD"))


def command(line: Line) -> Command:
    """The command that a line says."""
    verb, name, *words = line.words
    match verb:
        case "book" | "hold":
            return booking(name, words, line)
        case "grant":
            return granting(name, words, line)
        case "exercise":
            span = span_of(words[1]) if len(words) > 1 else (None, None)
            gpus = int(words[0]) if words else None
            reclaim = "reclaiming" in line.options
            return Exercise(
                id="story", option=name, gpus=gpus, start_at=span[0], end_at=span[1], into=line.options.get("into"),
                reclaim=reclaim,
            )  # fmt: skip
        case "confirm":
            return Confirm(id="story", lease=name)
        case "release":
            return Release(id="story", lease=name)
        case "amend":
            return amendment(name, words, line)
        case "terminate":
            holder: Any = line.options["by"]
            return Terminate(id="story", lease=name, holder=holder, at=line.time("at"), gpus=line.number("part"))
        case "reclaim":
            return Reclaim(id="story", lease=name, at=line.time("at"), gpus=line.number("part"))
        case "close":
            return CloseOutage(id="story", outage=name, at=line.time("at"))
        case _ if fact := said(verb, name, words, line):
            return fact
    return Apply(id="story", noun=NOUNS[verb](name, words, line))


def said(verb: str, name: str, words: list[str], line: Line) -> Command | None:
    """`slip wave slips 45d`, `accept wave 8 at 12:00`, `split wave 8 into late p90 90d`, `notice north leave 90d`"""
    match verb:
        case "record":
            return Record(id="story", book=booking(name, words, line))
        case "slip":
            by = line.options.get("slips")
            by_s = None if by is None else parse_duration(by.removeprefix("-")) * (-1 if by.startswith("-") else 1)
            return Slip(id="story", delivery=name, by_s=by_s, p50_at=line.time("p50"), p90_at=line.time("p90"))
        case "accept":
            gpus, rest = int(words[0]) if words else None, line.options.get("rest")
            return Accept(id="story", delivery=name, at=line.time("at"), gpus=gpus, rest=rest)
        case "split":
            into = line.options["into"]
            return Split(id="story", delivery=name, into=into, gpus=int(words[0]), p90_at=line.time("p90"))
        case "notice":
            return Leave(id="story", site=name, at=line.time("leave"))
        case "decline":
            judgement = Judgement(at=DAY_0, journal_seq=0, reason=line.options.get("because", ""))
            return Decline(id="story", request=name, judgement=judgement)
        case "withdraw":
            return Withdraw(id="story", request=name)
        case "admit":
            knows, made_at = line.number("knowing") or 0, line.time("at") or DAY_0
            prices = PriceSet(id=name * 64, journal_seq=knows, made_at=made_at, until_at=FOREVER, futures=200, seed=1)
            return Admit(id="story", price_set=prices)
        case "approve":
            return Approve(id="story", approval=name, note=line.options.get("because", ""))
        case "decline-approval":
            return DeclineApproval(id="story", approval=name, note=line.options.get("because", ""))
        case "withdraw-approval":
            return WithdrawApproval(id="story", approval=name)
        case "restore":
            return Restore(id="story", curtailment=name, at=line.time("at"))
    return None


def booking(name: str, words: list[str], line: Line) -> Book:
    """`book l1 acme 16 of h100 12:00-16:00 + all of site south 16:00-20:00 price 3`"""
    tenant, *blocks = words
    options = line.options
    money: dict[str, Any] = paid(line)
    if not money and "unpriced" not in options:
        money = (
            {"rank": 1}
            if tenant == "team"
            else {"prices": (PriceAsk(per="gpu_hour", amount=Money("USD", 2 * 10**9)),)}
        )
    return Book(
        id="story",
        lease=name,
        tenant=tenant,
        terms=options.get("under", "reserved"),
        asks=asks(blocks),
        prefer=tuple(options["prefer"].split(",")) if "prefer" in options else (),
        spares="with-spares" in options,
        hold_until_at=line.time("until"),
        hold_s=parse_duration(options["for"]) if "for" in options else None,
        recorded=options.get("recorded"),
        protected="protected" in options,
        reclaim="reclaiming" in options,
        force="force" in options,
        request=options.get("answering"),
        quoted=Quoted(journal_seq=0, price_set="", floor=line.money(options["quoted"]))
        if "quoted" in options
        else None,
        **money,
    )


def granting(name: str, words: list[str], line: Line) -> Book:
    """`grant r1 ramp acme 8 of h100 12:00-16:00 exercise-by 10:00 takes`"""
    kind, *rest = words
    book, by_at = booking(name, rest, line), line.time("exercise-by") or 0
    option = Option(
        kind=kind,  # type: ignore[arg-type]
        exercise_by_at=by_at,
        of=line.options.get("of-lease", ""),
        takes="takes" in line.options,
        fee=line.money(line.options["fee"]) if "fee" in line.options else None,
    )
    return replace(book, option=option, hold_until_at=by_at)


def paid(line: Line) -> dict[str, Any]:
    """The prices, value and rank that a line gives: `price 2`, or `price 2,3@18:00` with another from 18:00 on."""
    prices = tuple(
        PriceAsk(per=per, amount=line.money(amount), start_at=instant(at) if at else None)
        for word, per in PER.items()
        for amount, _, at in (each.partition("@") for each in line.options.get(word, "").split(",") if each)
    )
    value = InternalValue(per_gpu_hour=line.money(line.options["value"])) if "value" in line.options else None
    given = {"prices": prices, "value": value, "rank": line.number("rank")}
    return {name: each for name, each in given.items() if each not in (None, ())}


def amendment(name: str, words: list[str], line: Line) -> Amend:
    """`amend l1 at 14:00 to 24 until 20:00`, `amend l1 move b200`, `amend l1 add 8 of h100 12:00-16:00`"""
    options = line.options
    paper = {"amendment": line.number("amendment"), "order_form": options.get("order")}
    given: dict[str, Any] = {key: value for key, value in paper.items() if value is not None}
    return Amend(
        id="story",
        lease=name,
        at=line.time("at"),
        back_at=line.time("back"),
        pool=options.get("in"),
        gpus=line.number("to"),
        start_at=line.time("from"),
        end_at=line.time("until"),
        move_to=options.get("move"),
        add=asks(words[1:]) if words else (),
        tenant=options.get("transfer"),
        successor=options.get("successor"),
        header=Header(**given) if given else None,
        recorded=options.get("recorded"),
        **paid(line),
    )


def asks(words: Sequence[str]) -> tuple[Ask, ...]:
    """`16 of h100 12:00-16:00 + 8/2 of h100 12:00-max + all of site south now-16:00` (8/2: 2 of 8 from the spares)"""
    found = []
    for plus, part in groupby(words, lambda word: word == "+"):
        if not plus:
            amount, _, *place, span = part
            gpus, _, spare_gpus = amount.partition("/")
            start_at, end_at = span_of(span)
            found.append(
                Ask(
                    pool=place[0] if len(place) == 1 else None,
                    site=place[1] if len(place) == 2 else None,
                    gpus=None if gpus == "all" else int(gpus),
                    start_at=start_at,
                    end_at=end_at,
                    spare_gpus=int(spare_gpus or 0),
                )
            )
    return tuple(found)


def site(name: str, words: list[str], line: Line) -> Site:
    """`site north 64kW 32kW@12:00 pue 1.25`"""
    steps = [word.partition("@") for word in words]
    power = tuple(
        PowerStep(watts=int(watts.removesuffix("kW")) * 1_000, from_at=instant(at) if at else 0)
        for watts, _, at in steps
    )
    return Site(id=name, power=power, pue=Decimal(line.options.get("pue", "1")))


def pool(name: str, words: list[str], line: Line) -> Pool:
    """`pool h100 at north 32 watts 1000 unit 8 spares 0.1 turnaround 2h retire 8@12:00`"""
    gone, _, at = line.options.get("retire", "").partition("@")
    return Pool(
        id=name,
        site=line.options["at"],
        gpu=line.options.get("gpu", name),
        it_watts_per_gpu=line.number("watts") or 1_000,
        installed_gpus=int(words[0]),
        sell_unit_gpus=line.number("unit") or 1,
        spares_ratio=Decimal(line.options.get("spares", "0")),
        turnaround_s=parse_duration(line.options.get("turnaround", "0h")),
        retirements=(Retirement(at=instant(at), gpus=int(gone)),) if gone else (),
    )


def delivery(name: str, words: list[str], line: Line) -> Delivery:
    """`delivery wave to h100 16 p50 12:00 p90 18:00 service 15:00`"""
    p90_at, promise_on = line.time("p90") or 0, line.options.get("on", "p90")
    return Delivery(
        id=name,
        pool=line.options["to"],
        gpus=int(words[0]),
        contract_at=line.time("p50") or p90_at,
        p50_at=line.time("p50") or p90_at,
        p90_at=p90_at,
        ordered_at=line.time("ordered"),
        promise_on=promise_on,  # type: ignore[arg-type]
        in_service_at=line.time("service"),
    )


def curtailment(name: str, words: list[str], line: Line) -> Curtailment:
    """`curtailment heat at north 16kW 12:00-16:00 shed team,h100`"""
    start_at, end_at = span_of(words[1])
    shed = tuple(line.options["shed"].split(",")) if "shed" in line.options else ()
    watts = int(words[0].removesuffix("kW")) * 1_000
    return Curtailment(
        id=name, site=line.options["at"], most_watts=watts, start_at=start_at or 0, end_at=end_at or 0, shed=shed
    )


def outage(name: str, words: list[str], line: Line) -> Outage:
    """`outage o1 in h100 4 12:00-16:00 planned`"""
    start_at, end_at = span_of(words[1])
    return Outage(
        id=name,
        pool=line.options["in"],
        gpus=int(words[0]),
        start_at=start_at or 0,
        end_at=end_at or FOREVER,
        planned="planned" in line.options,
    )


def tenant(name: str, words: list[str], line: Line) -> Tenant:
    """`tenant acme customer country DE screened 90d sites north,south`"""
    options, kind = line.options, words[0]
    return Tenant(
        id=name,
        kind=kind,  # type: ignore[arg-type]
        country=options.get("country", ""),
        screened_until_at=line.time("screened"),
        sites=tuple(options["sites"].split(",")) if "sites" in options else (),
    )


def terms(name: str, words: list[str], line: Line) -> Terms:
    """`terms loose tenant/terminate/0h/part operator/reclaim/7d/after:30d`"""
    found = []
    for word in words:
        holder, kind, notice, *more = word.split("/")
        after = [parse_duration(each.removeprefix("after:")) for each in more if each.startswith("after:")]
        right: dict[str, Any] = {"holder": holder, "kind": kind, "notice_s": parse_duration(notice)}
        found.append(Right(part="part" in more, serve_after_s=after[0] if after else None, **right))
    currency = line.options.get("currency", "USD")
    return Terms(name=name, version=1, rights=tuple(found), currency=currency, late=late(line))


def late(line: Line) -> Late | None:
    """`terms firm due 30d grace 30d decide 5d terminate-late fewer-late`"""
    terminate, fewer = "terminate-late" in line.options, "fewer-late" in line.options
    if not terminate and not fewer:
        return None
    decide = line.options.get("decide")
    return Late(
        due_at=line.time("due"),
        grace_s=parse_duration(line.options.get("grace", "0h")),
        terminate=terminate,
        fewer=fewer,
        decide_s=None if decide is None else parse_duration(decide),
    )


def request(name: str, words: list[str], line: Line) -> Request:
    """`request r1 acme 16 of h100 or 8 of b200 12:00-16:00 price 2,5 latest 14:00 exit 15:00/0.5 divisible`"""
    tenant, *wanted, span = words
    start_at, end_at = span_of(span)
    parts = [list(part) for is_or, part in groupby(wanted, lambda word: word == "or") if not is_or]
    amounts: list[str] = line.options.get("price", line.options.get("value", "")).split(",")
    money = [line.money(each) if each else None for each in [*amounts, *([""] * len(parts))]]
    at, _, probability = line.options.get("exit", "").partition("/")
    return Request(
        id=name,
        tenant=tenant,
        ways=tuple(
            Way(pool=part[2], gpus=int(part[0]), per_gpu_hour=each) for part, each in zip(parts, money, strict=False)
        ),
        start_at=start_at or 0,
        end_at=end_at or 0,
        latest_start_at=line.time("latest"),
        arrived_at=DAY_0,
        terms=line.options.get("under", "reserved"),
        forecast=line.options.get("class", ""),
        rank=line.number("rank"),
        divisible="divisible" in line.options,
        put="put" in line.options,
        exits=(Exit(at=instant(at), probability_ratio=Decimal(probability)),) if at else (),
    )


def forecast(name: str, words: list[str], line: Line) -> Forecast:
    """`forecast startups customer 64 in h100 price 2`: one request a day, for 90 days each."""
    return Forecast(
        id=name,
        kind=words[0],  # type: ignore[arg-type]
        requests_per_day=Decimal(1),
        pools=(Served(pool=line.options["in"]),),
        median_gpus=int(words[1]),
        duration_s=90 * DAY_S,
        per_gpu_hour=line.money(line.options["price"]),
    )


def policy(name: str, words: list[str], line: Line) -> Policy:
    """`policy big gpus-above:16 ask because "it is large" retired 90d`"""
    when, then = words
    return Policy(
        id=name,
        when=condition(*when.partition(":")[::2]),
        then=then,  # type: ignore[arg-type]
        reason=line.options.get("because", "so it is done"),
        retired_at=line.time("retired"),
    )


def list_price(name: str, words: list[str], line: Line) -> ListPrice:
    """`list-price h100 under reserved price 2.5`"""
    return ListPrice(pool=name, terms=line.options["under"], per_gpu_hour=line.money(line.options["price"]))


NOUNS: dict[str, Callable[[str, list[str], Line], Noun]] = {
    "site": site,
    "pool": pool,
    "delivery": delivery,
    "curtailment": curtailment,
    "outage": outage,
    "tenant": tenant,
    "terms": terms,
    "request": request,
    "forecast": forecast,
    "list-price": list_price,
    "policy": policy,
}


# ---- times ----


def instant(text: str) -> int:
    """`36:00`, `90d` or `90d12:00` after the first second of 2026."""
    days, _, time = text.rpartition("d") if "d" in text else ("0", "", text)
    hours, _, minutes = time.partition(":")
    return DAY_0 + int(days) * DAY_S + int(hours or 0) * HOUR_S + int(minutes or 0) * 60


def span_of(text: str) -> tuple[int | None, int | None]:
    """`12:00-16:00`, `now-16:00` or `12:00-max`."""
    start, _, end = text.partition("-")
    return None if start == "now" else instant(start), None if end in {"max", ""} else instant(end)


def plain(text: str) -> str:
    """A sentence with its times as stories write them, on one line."""

    def told(found: re.Match[str]) -> str:
        minutes = (parse_instant(found[0], now=0) - DAY_0) // 60
        days = minutes // 1440 if minutes >= 2880 else 0
        hours, minutes = divmod(minutes - days * 1440, 60)
        time = f"{hours:02}:{minutes:02}" if hours or minutes or not days else ""
        return (f"{days}d" if days else "") + time

    return " ".join(re.sub(r"\d{4}-\d\d-\d\d(T[\d:]{8}Z)?", told, text).split())
