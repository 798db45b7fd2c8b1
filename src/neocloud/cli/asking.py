"""How capacity, prices and papers are asked for on the command line, shared by quote, hold, book and amend."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any
from uuid import uuid4

import click

from neocloud.documents.document import priced, short, watts
from neocloud.errors import Invalid
from neocloud.model.commands import Ask, Book, PriceAsk
from neocloud.model.leases import Header, InternalValue
from neocloud.units import Money, parse_decimal, parse_instant

Decorator = Callable[[Any], Any]


def together(*options: Decorator) -> Decorator:
    """Several options as one decorator, in the order in which help shows them."""
    return lambda command: reduce(lambda inner, option: option(inner), reversed(options), command)


money_options = together(
    click.option("--price", multiple=True, metavar="USD_PER_GPU_H[@TIME]", help="Per GPU-hour (from a time on)."),
    click.option("--monthly", multiple=True, metavar="USD[@TIME]", help="Flat per calendar month (from a time on)."),
    click.option("--value", metavar="USD_PER_GPU_H", help="What an inside lease is judged to be worth; never cash."),
    click.option(
        "--rank", type=click.IntRange(max=1_000_000), metavar="N", help="Rank among inside leases; 1 is served first."
    ),
)
paper_options = together(
    click.option("--order-form", default="", metavar="TEXT", help="The order form's number."),
    click.option("--legal-entity", default="", metavar="TEXT", help="Who signed."),
    click.option("--document", default="", metavar="URL", help="Where the signed document lies."),
    click.option("--recorded", metavar="REASON", help="Why a time in the past is right."),
)
booking_options = together(
    click.option("--tenant", metavar="T", help="The customer, or the inside team; with a customer's key itself."),
    click.option("--pool", metavar="P", help="The pool to lease from, with --gpus (or --all)."),
    click.option("--gpus", metavar="N", help="How many GPUs."),
    click.option("--site", metavar="S", help="With --all: everything free in every pool of a site."),
    click.option("--all", "everything", is_flag=True, help="All that is free over the whole span."),
    click.option("--block", multiple=True, metavar="POOL=GPUS@FROM..UNTIL", help="A block; repeat it for a ramp."),
    click.option("--from", "from_", default="now", show_default=True, metavar="TIME", help="2026-10-01 or +90d."),
    click.option("--until", metavar="TIME|max", help="The end; max is the latest that fits."),
    click.option("--terms", default="reserved", show_default=True, metavar="NAME", help="`neocloud terms list`."),
    click.option("--prefer", metavar="POOL,...", help="Where power binds: which pools it goes to first."),
    click.option("--spares", is_flag=True, help="--all takes the spares too."),
    click.option("--reclaim", is_flag=True, help="Weaker leases whose rights allow it in time give way."),
    click.option("--force", is_flag=True, help="With --reclaim: even if more is lost than is gained."),
    click.option("--protected", is_flag=True, help="An inside lease that is not to be given up."),
    click.option("--request", metavar="ID", help="The tenant's request that this accepts."),
    click.option("--id", "name", metavar="ID", help="The lease's id; the same again gives the same answer."),
    money_options,
    paper_options,
)


def booking(now: int, *, hold_s: int | None = None, hold_until_at: int | None = None, **given: Any) -> Book:
    """The booking that options ask for."""
    if given["tenant"] is None:
        raise Invalid("say whose it is", place="--tenant")
    if given["force"] and not given["reclaim"]:
        raise Invalid("--force goes with --reclaim: it says that a loss is meant")
    lease = f"lease_{uuid4().hex[:12]}" if given["name"] is None else given["name"]
    return Book(
        id=f"book:{lease}",
        lease=lease,
        tenant=given["tenant"],
        terms=given["terms"],
        asks=asks(now, given),
        prices=prices(given["price"], given["monthly"], now),
        value=value(given["value"]),
        rank=given["rank"],
        protected=given["protected"],
        prefer=tuple(given["prefer"].split(",")) if given["prefer"] else (),
        spares=given["spares"],
        hold_until_at=hold_until_at,
        hold_s=hold_s,
        reclaim=given["reclaim"],
        force=given["force"],
        header=header(given),
        request=given["request"],
        recorded=given["recorded"],
    )


def asks(now: int, given: dict[str, Any]) -> tuple[Ask, ...]:
    """The capacity that options ask for."""
    if given["block"]:
        if given["pool"] or given["site"] or given["gpus"] or given["everything"] or given["until"]:
            raise Invalid("--block says pool, GPUs and times itself; leave --pool, --site, --gpus and --until out")
        return tuple(block(text, now) for text in given["block"])
    pool, site, gpus, everything = given["pool"], given["site"], given["gpus"], given["everything"]
    if (pool is None) == (site is None):
        raise Invalid("give --pool POOL with --gpus N, or --site SITE with --all")
    if everything == (gpus is not None) or (site is not None and not everything):
        raise Invalid("give --gpus N, or --all; of a --site only --all")
    if given["until"] is None:
        raise Invalid("every lease has an end; give --until TIME, or --until max")
    return (
        Ask(
            pool=pool,
            site=site,
            gpus=None if everything else count(gpus),
            start_at=None if given["from_"] == "now" else at(given["from_"], now, "--from"),
            end_at=None if given["until"] == "max" else at(given["until"], now, "--until"),
        ),
    )


def block(text: str, now: int, place: str = "--block") -> Ask:
    """A block of `POOL=GPUS` or `POOL=GPUS@FROM..UNTIL`, each time of which may be left out."""
    what, _, span = text.partition("@")
    pool, equals, gpus = what.partition("=")
    start, dots, end = span.partition("..")
    if not equals or (span and not dots):
        raise Invalid(f"{text!r} is not a block; write POOL=GPUS@FROM..UNTIL", place=place)
    return Ask(
        pool=pool,
        gpus=count(gpus),
        start_at=at(start, now, place) if start else None,
        end_at=at(end, now, place) if end and end != "max" else None,
    )


def prices(per_gpu_hour: Sequence[str], monthly: Sequence[str], now: int) -> tuple[PriceAsk, ...]:
    """The prices of `AMOUNT` or `AMOUNT@TIME`."""
    found: list[PriceAsk] = []
    for per, texts, place in (("gpu_hour", per_gpu_hour, "--price"), ("month", monthly, "--monthly")):
        for text in texts:
            amount, _, from_ = text.partition("@")
            start_at = at(from_, now, place) if from_ else None
            found.append(PriceAsk(per=per, amount=dollars(amount, place), start_at=start_at))  # type: ignore[arg-type]
    return tuple(found)


def value(text: str | None) -> InternalValue | None:
    """The value of `--value`."""
    return None if text is None else InternalValue(per_gpu_hour=dollars(text, "--value"))


def header(given: dict[str, Any]) -> Header | None:
    """The header of the paper options, if any was given."""
    papers = {name: given[name] for name in ("order_form", "legal_entity", "document")}
    return Header(**papers) if any(papers.values()) else None


def dollars(text: str, place: str) -> Money:
    """USD, as written."""
    try:
        return priced(parse_decimal(text, "an amount of USD"), "USD")
    except Invalid as error:
        raise error.at(place) from None


def count(text: str) -> int:
    """A whole number of GPUs, as written."""
    try:
        number = parse_decimal(text, "a number of GPUs")
    except Invalid as error:
        raise error.at("--gpus") from None
    if number != number.to_integral_value():
        below = number.to_integral_value(rounding="ROUND_FLOOR")
        raise Invalid(
            f"{short(text)} is not a whole number of GPUs; nearest: {below:,} or {below + 1:,}", place="--gpus"
        )
    if number.copy_abs() > 10**12:
        raise Invalid(f"{short(text)} GPUs is surely a slip of the hand", place="--gpus")
    return int(number)


def megawatts(text: str, place: str) -> int:
    """Watts, of megawatts as written."""
    try:
        return watts(parse_decimal(text, "a power in MW"), place)
    except Invalid as error:
        raise error if error.place else error.at(place) from None


def at(text: str, now: int, place: str) -> int:
    """An instant, as written."""
    try:
        return parse_instant(text, now=now)
    except Invalid as error:
        raise error.at(place) from None
