"""Import: what sheets say as commands. Every row is used or left out with its reason; what conflicts is admitted.

A contract that does not fit is a promise that was made: a fact, recorded, and for the audit to name.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import uuid4

from neocloud.errors import Conflict, Invalid
from neocloud.model.commands import Apply, Command, Record
from neocloud.model.entries import Noun
from neocloud.model.fleet import Delivery, Pool, Site
from neocloud.model.leases import Lease
from neocloud.model.tenants import Tenant, TenantKind
from neocloud.model.terms import Terms
from neocloud.model.world import World
from neocloud.operations.audit import Audit, audit
from neocloud.operations.import_fleet import check_power, merged_wave, pool_of, site_of, wave_of
from neocloud.operations.import_leases import Draft, by_month, contract, inside, joined
from neocloud.operations.import_names import Fleet, Unplaced
from neocloud.operations.import_remarks import remarks_of
from neocloud.operations.ledger import Ledger
from neocloud.rules.change import Change, admitted, changed
from neocloud.rules.proposal import priced
from neocloud.settings import MOST_MEGAWATTS
from neocloud.sheets.columns import Amount
from neocloud.sheets.reading import Reading
from neocloud.sheets.understanding import LeftOut, Understood, about
from neocloud.sheets.understanding import Record as RowRecord
from neocloud.units import Progress

_ORDER = ("sites", "pools", "waves", "inside", "contracts", "months")
_WATCH_ROWS = 1_000
_ONCE = ("sites", "pools", "waves")


class Plan(NamedTuple):
    """What an import comes to: its tables, the commands (none for what is there already), and remarks."""

    reading: Reading
    commands: list[Command]
    remarks: list[str]
    drafts: int
    there_already: int


def plan(
    ledger: Ledger, reading: Reading, defaults_of: Callable[[str], Any], progress: Progress | None = None
) -> Plan:
    """The commands that bring about what sheets say. `defaults_of` reads a power such as `1.3 kW` of a mapping."""
    work = _Work(ledger, reading, defaults_of, progress or (lambda done, total: None))
    return work.done()


@dataclass
class _Told:
    """What one table comes to, row by row, and the rows that turn out to be of no use."""

    table: Understood
    refused: dict[int, tuple[str | None, str]] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)


class _Work:
    """One import, table after table: the fleet first, so that contracts may name it."""

    def __init__(
        self, ledger: Ledger, reading: Reading, defaults_of: Callable[[str], Any], progress: Progress
    ) -> None:
        self._ledger, self._world = ledger, ledger.world
        self._reading, self._defaults_of, self._progress = reading, defaults_of, progress
        self._fleet = Fleet(self._world.sites, self._world.pools)
        self._nouns: dict[tuple[type, str], Noun] = {}
        self._first_row: dict[tuple[type, str], tuple[str, Noun]] = {}
        self._inside: set[str] = {tenant.id for tenant in self._world.tenants.values() if tenant.kind == "inside"}
        self._customers: dict[str, str] = {}
        self._remarks: list[str] = []
        self._told = [_Told(table) for table in reading.understood]
        self._leases: list[Command] = []
        self._there_already = 0
        self._done, self._total = 0, sum(len(told.table.records) for told in self._told)

    def done(self) -> Plan:
        for kind in _ORDER:
            for told in self._told:
                if told.table.table.mapping.table == kind:
                    self._tell(told, kind)
        self._progress(self._total, self._total)
        self._join()
        self._near_names()
        understood = [told.table.without(told.refused) for told in self._told]
        applied: list[Command] = [
            Apply(id=f"import:{uuid4().hex}", noun=noun)
            for noun in self._nouns.values()
            if self._world.find(type(noun), noun.id) != noun
        ]
        reading = self._reading._replace(understood=understood)
        beside = [remark for table in understood for remark in remarks_of(table)]
        remarks = list(dict.fromkeys([*reading.remarks, *self._remarks, *beside]))
        drafts = sum(len(told.drafts) for told in self._told)
        return Plan(reading, [*applied, *self._leases], remarks, drafts, self._there_already)

    # ---- rows ----

    def _tell(self, told: _Told, kind: str) -> None:
        defaults = self._defaults(told)
        titles = [about(told.table.table)]
        for record in told.table.records:
            self._done += 1
            if self._done % _WATCH_ROWS == 0:
                self._progress(self._done, self._total)
            fields = {**defaults, **record.fields}
            try:
                if kind in _ONCE:
                    self._fleet_row(told, kind, record, fields)
                else:
                    told.drafts.append(self._draft(told, kind, record, fields, titles))
            except Unplaced as reason:
                self._refuse(told, record, reason.field, str(reason))
            except Invalid as error:
                self._refuse(told, record, None, str(error))

    def _defaults(self, told: _Told) -> dict[str, Any]:
        defaults: dict[str, Any] = dict(told.table.table.mapping.defaults)
        if "gpu_power" in defaults:
            defaults["gpu_power"] = self._defaults_of(defaults["gpu_power"])
        return defaults

    def _refuse(self, told: _Told, record: RowRecord, at: str | None, reason: str) -> None:
        column = record.fields.get("column")
        if column is None:
            told.refused[record.row] = (at, reason)
        else:
            self._refuse_column(told, column, reason)

    def _refuse_column(self, told: _Told, column: int, reason: str) -> None:
        """A customer's column in a table by month is left out; its rows are used for the others."""
        sheet, header = told.table.table.sheet, told.table.table.mapping.header
        cell = LeftOut(sheet.file, sheet.name, header[1], column, reason)
        told.table = told.table._replace(cells=[*told.table.cells, cell])

    def _fleet_row(self, told: _Told, kind: str, record: RowRecord, fields: Mapping[str, Any]) -> None:
        noun: Site | Pool | Delivery
        if kind == "sites":
            noun = site_of(fields, self._fleet)
            check_power(noun, MOST_MEGAWATTS)
        elif kind == "pools":
            noun = pool_of(fields, self._fleet, self._lawful)
        else:
            new = wave_of(fields, self._fleet)
            noun = merged_wave(new, self._world.deliveries.get(new.id))
        place = told.table.table.sheet.place(record.row)
        first = self._first_row.setdefault((type(noun), noun.id), (place, noun))
        if first[0] != place:
            same = "says the same" if first[1] == noun else "is given twice, and otherwise"
            raise Unplaced(f"{noun.id} {same} in {first[0]}, and is used there")
        self._nouns[type(noun), noun.id] = noun
        if isinstance(noun, Site):
            self._fleet.know_site(noun)
        elif isinstance(noun, Pool):
            self._fleet.know_pool(noun)

    def _lawful(self, pool: Pool) -> bool:
        return pool.id not in self._world.pools or admitted(self._world, changed(self._world, "changed", pool))

    def _draft(
        self, told: _Told, kind: str, record: RowRecord, fields: Mapping[str, Any], titles: Sequence[str]
    ) -> Draft:
        ends = told.table.table.mapping.ends or "last-day"
        if kind == "inside":
            draft = inside(record.row, fields, self._fleet, ends, titles)
            self._inside.add(draft.tenant)
            if "rank" not in fields and "value" not in fields:
                self._remarks.append(f"no rank or value is given for some inside teams; they are ranked {draft.rank}")
        elif kind == "contracts":
            draft = contract(record.row, fields, self._fleet, ends, titles)
        else:
            draft = by_month(record.row, fields, self._fleet, titles, self._inside)
        if not draft.prices and not draft.inside:
            self._remarks.append("some contracts have no price; they are recorded without one, and bring no revenue")
        price = fields.get("price")
        if isinstance(price, Amount) and not price.currency and not fields.get("currency"):
            self._remarks.append("some prices have no currency; they are read as USD")
        return draft

    # ---- leases ----

    def _join(self) -> None:
        """Over all tables: rows of one number are one lease, or contradict each other."""
        seen: dict[str, str] = {}
        for told in self._told:
            twice = joined(told.drafts)
            if twice.joined:
                self._remarks.append(
                    f"{twice.joined:,} contracts of several rows are read as ramps of several blocks"
                )
            for draft, reason in twice.left:
                self._refuse_draft(told, draft, reason)
            for draft in twice.kept:
                place = told.table.table.sheet.place(draft.rows[0])
                other = seen.setdefault(draft.lease.lower(), place)
                reason = (
                    f"{draft.lease} is given twice, here and in {other}"
                    if other != place
                    else self._enter(told, draft)
                )
                if reason:
                    self._refuse_draft(told, draft, reason)

    def _refuse_draft(self, told: _Told, draft: Draft, reason: str) -> None:
        if draft.column is None:
            told.refused.update(dict.fromkeys(draft.rows, ("number", reason)))
        else:
            self._refuse_column(told, draft.column, reason)

    def _enter(self, told: _Told, draft: Draft) -> str:
        """The commands of a draft; or why it cannot enter."""
        tenant = self._world.tenants.get(draft.tenant)
        kind: TenantKind = "inside" if draft.inside else "customer"
        if tenant is not None and tenant.kind != kind:
            return f"{draft.name} is {_KINDS[tenant.kind]} in the ledger, and {_KINDS[kind]} here"
        if kind == "customer" and draft.tenant in self._inside:
            return f"{draft.name} is an inside team in another table, and a customer here"
        terms = self._world.terms_named(draft.terms.name)
        if terms is not None and (terms.rights, terms.currency) != (draft.terms.rights, draft.terms.currency):
            return f"the terms {terms.name} of the ledger say something else; name a notice that they do not"
        sheet = told.table.table.sheet
        recorded = f"imported from {sheet.file}, {sheet.place(draft.rows[0])}"
        reason = self._already(draft, recorded)
        if reason is not None:
            self._there_already += not reason
            return reason
        if tenant is None:
            name = draft.name if draft.name != draft.tenant else ""
            self._nouns.setdefault((Tenant, draft.tenant), Tenant(id=draft.tenant, kind=kind, name=name))
        if terms is None:
            self._nouns.setdefault((Terms, draft.terms.id), draft.terms)
        self._customers[draft.tenant] = draft.name
        self._leases.append(Record(id=f"record:{draft.lease}", book=draft.book(recorded)))
        return ""

    def _already(self, draft: Draft, recorded: str) -> str | None:
        """Nothing if the lease is there as the sheet says it; why not, if it is there otherwise; else None."""
        lease = self._world.leases.get(draft.lease)
        if lease is None:
            return None
        other = [word for word, said, stands in _compared(draft, lease) if said != stands]
        if not other or self._was_recorded_so(draft, lease):
            return ""
        return (
            f"{draft.lease} is in the ledger already, with other {' and '.join(other)}; "
            f"change it by `neocloud lease amend {draft.lease}`"
        )

    def _was_recorded_so(self, draft: Draft, lease: Lease) -> bool:
        command = Record(id=f"record:{draft.lease}", book=draft.book(lease.recorded or ""))
        try:
            return self._ledger.answered(command) is not None
        except Conflict:
            return False

    def _near_names(self) -> None:
        """Customers whose names are nearly the same may be one."""
        known = sorted({*self._customers, *self._world.tenants})
        for name in sorted(self._customers):
            near = _nearly(name, known)
            if near and name < near:
                self._remarks.append(
                    f"{name} and {near} are two customers here; if they are one, say it in the sheet"
                )


_KINDS = {"customer": "a customer", "inside": "an inside team"}
_LEGAL = {"inc", "llc", "ltd", "gmbh", "ag", "corp", "co", "plc", "sa", "bv", "company", "limited", "se", "kg"}


def _nearly(name: str, known: Sequence[str]) -> str | None:
    """A name that differs by its legal form alone."""
    bare = [part for part in name.split("-") if part not in _LEGAL]
    for other in known:
        if other != name and [part for part in other.split("-") if part not in _LEGAL] == bare:
            return other
    return None


def _compared(draft: Draft, lease: Lease) -> Iterator[tuple[str, Any, Any]]:
    yield "customer", draft.tenant, lease.tenant
    yield "terms", draft.terms.name, lease.terms.partition("@")[0]
    said = sorted((ask.pool, ask.start_at, ask.end_at, ask.gpus) for ask in draft.asks)
    yield "blocks", said, sorted((b.pool, b.start_at, b.end_at, b.gpus) for b in lease.blocks)
    prices = priced(draft.prices, min(a.start_at or 0 for a in draft.asks), max(a.end_at or 0 for a in draft.asks))
    yield "price", prices, lease.prices
    yield "rank", draft.rank, lease.rank
    yield "value", draft.value, lease.value


def changes_of(ledger: Ledger, commands: Sequence[Command], now: int) -> list[Change]:
    """What the commands of an import would change; nothing is written."""
    return [change for each in ledger.preview(*commands, now=now) for change in each] if commands else []


def audit_of(world: World, changes: Sequence[Change], now: int) -> Audit:
    """The audit of the world that changes would make."""
    nouns: dict[tuple[type, str], Noun] = {(type(noun), noun.id): noun for noun in world.all()}
    nouns |= {(type(change.noun), change.noun.id): change.noun for change in changes}
    return audit(World(list(nouns.values()), world.head), now)
