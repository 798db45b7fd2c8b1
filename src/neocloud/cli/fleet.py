"""`neocloud site|pool|delivery|curtailment|tenant|terms list|show`, and `neocloud outage open|close|list|show`."""

from collections.abc import Callable
from typing import Any

import click

from neocloud.cli.groups import Group
from neocloud.cli.output import fields, output_option, print_one, print_rows
from neocloud.cli.session import session
from neocloud.cli.travel import travel_options
from neocloud.documents.document import NO_TIME
from neocloud.documents.shown import row, state_of, status_of
from neocloud.errors import Unknown
from neocloud.model.entries import Noun, kind_of
from neocloud.model.fleet import Curtailment, Delivery, Outage, Pool, Site
from neocloud.model.leases import Lease
from neocloud.model.tenants import Tenant
from neocloud.model.terms import Terms
from neocloud.model.world import World
from neocloud.timeline import FOREVER
from neocloud.units import WATTS_PER_MW, format_instant

Columns = Callable[[World, Any, int], dict[str, Any]]
Find = Callable[[World, str], Noun | None]


def listing(kind: str, noun: type[Noun], text: str, columns: Columns, find: Find | None = None) -> click.Group:
    """A group with `list` and `show` for one kind of noun; `find` it by its name where that is not its id."""
    word = kind_of(noun)

    @click.group(cls=Group, name=kind, help=text)
    def group() -> None:
        pass

    @group.command(name="list", help=f"List every {word}.\n\n\b\nExample:\n  neocloud {kind} list --output json")
    @travel_options
    @output_option()
    def list_all(output: str) -> None:
        with session() as opened, opened.world() as world:
            nouns = [world.tables[noun][name] for name in sorted(world.tables[noun])]
            if output == "table":
                rows = [columns(world, each, opened.now) for each in nouns]
                print_rows(rows, output, list(rows[0]) if rows else (), empty=f"there is no {word} yet")
            else:
                print_rows([row(world, each, opened.now) for each in nouns], output, ["id"])

    @group.command(name="show", help=f"Show one {word}.\n\n\b\nExample:\n  neocloud {kind} show ID --output yaml")
    @click.argument("name", metavar="ID")
    @travel_options
    @output_option()
    def show(name: str, output: str) -> None:
        with session() as opened, opened.world() as world:
            found = find(world, name) if find else world.find(noun, name)
            if found is None:
                raise Unknown(word, name, world.tables[noun])
            shown = row(world, found, opened.now)
            print_one(shown, output, lambda: fields(flat(shown)))

    return group


def of_row(columns: Callable[[dict[str, Any]], dict[str, Any]]) -> Columns:
    """Columns that are all in the row of a noun."""
    return lambda world, noun, now: columns(row(world, noun, now))


def flat(shown: dict[str, Any]) -> list[tuple[str, Any]]:
    """A row as names and values, its sources and what is computed opened."""
    result: list[tuple[str, Any]] = []
    for name, value in shown.items():
        if name == "sources":
            result += [(f"source of {field}", _source(source)) for field, source in value.items()]
        elif name == "computed":
            result += [(f"{inner} now" if inner in shown else inner, each) for inner, each in value.items()]
        else:
            result.append((name, value))
    return [(name.replace("_", " "), value) for name, value in result]


def _source(source: dict[str, Any]) -> str:
    conflict = f"; conflict: {source['conflict']}" if source.get("conflict") else ""
    return f"{source['confidence']}, {source['date']}: {source['source']}{conflict}"


def _site_columns(world: World, noun: Site, now: int) -> dict[str, Any]:
    computed = row(world, noun, now)["computed"]
    return {
        "id": noun.id,
        "name": noun.name,
        "power_mw": f"{computed['power_mw']:,.1f}",
        "demand_mw": f"{computed['demand_mw']:,.1f}",
        "pue": noun.pue,
        "pools": len(computed["pools"]),
    }


def _pool_columns(world: World, noun: Pool, now: int) -> dict[str, Any]:
    computed = row(world, noun, now)["computed"]
    names = ("in_service_gpus", "spare_gpus", "leased_gpus", "available_gpus", "unpowered_gpus", "watts_per_gpu")
    return {"id": noun.id, "site": noun.site, "gpu": noun.gpu, **{name: computed[name] for name in names}}


def _delivery_columns(world: World, noun: Delivery, now: int) -> dict[str, Any]:
    return {
        "id": noun.id,
        "pool": noun.pool,
        "gpus": noun.gpus,
        "contract": format_instant(noun.contract_at),
        "p50": format_instant(noun.p50_at),
        "p90": format_instant(noun.p90_at),
        "counts_from": format_instant(noun.counts_from_at),
        "state": state_of(noun),
    }


def _outage_columns(world: World, noun: Outage, now: int) -> dict[str, Any]:
    return {
        "id": noun.id,
        "pool": noun.pool,
        "gpus": noun.gpus,
        "from": format_instant(noun.start_at),
        "until": "open" if noun.end_at >= FOREVER else format_instant(noun.end_at),
        "kind": "maintenance" if noun.planned else "failure",
        "reason": noun.reason,
    }


def _curtailment_columns(world: World, noun: Curtailment, now: int) -> dict[str, Any]:
    return {
        "id": noun.id,
        "site": noun.site,
        "most_mw": f"{noun.most_watts / WATTS_PER_MW:,.1f}",
        "from": format_instant(noun.start_at),
        "until": format_instant(noun.end_at),
        "shed": list(noun.shed),
        "reason": noun.reason,
    }


def _tenant_columns(world: World, noun: Tenant, now: int) -> dict[str, Any]:
    theirs = (world.leases[name] for name in world.names(Lease).of(noun.id))
    leases = [lease for lease in theirs if _counts(lease, now)]
    gpus = sum(lease.gpus_at(now) for lease in leases)
    return {"id": noun.id, "kind": noun.kind, "name": noun.name, "leases": len(leases), "gpus_now": gpus}


def _counts(lease: Lease, now: int) -> bool:
    return status_of(lease, now) in {"held", "confirmed", "running"}


def terms_columns(shown: dict[str, Any]) -> dict[str, Any]:
    """Terms as a row of a list."""
    rights = [f"{r['holder']} {r['kind']} {r.get('notice', NO_TIME)}" for r in shown.get("rights", ())]
    return {
        "id": shown["id"],
        "currency": shown.get("currency", "USD"),
        "rights": rights or "none",
        "description": shown.get("description", ""),
    }


site = listing("site", Site, "Data centres, owned or leased, with power over time.", _site_columns)
pool = listing("pool", Pool, "Interchangeable GPUs at one site.", _pool_columns)
delivery = listing("delivery", Delivery, "Waves of GPUs on their way.", _delivery_columns)
tenant = listing("tenant", Tenant, "Customers and inside teams: who may hold a lease.", _tenant_columns)
terms = listing(
    "terms",
    Terms,
    "Named, versioned sets of rights and conditions.",
    of_row(terms_columns),
    lambda w, n: w.terms_named(n),
)
curtailment = listing("curtailment", Curtailment, "Spans in which a site may draw less.", _curtailment_columns)
outage = listing("outage", Outage, "GPUs out of order, or out for maintenance.", _outage_columns)
