"""The tables that desks keep, their fields, and the words that head them."""

from typing import Literal, NamedTuple

TableKind = Literal["sites", "pools", "waves", "contracts", "inside", "months"]
FieldKind = Literal["text", "count", "power", "ratio", "date", "end", "length", "money"]


class Field(NamedTuple):
    """One thing that a table says of a row; `unit` is what is meant where nothing says one."""

    name: str
    kind: FieldKind
    note: str
    headings: str
    """The words over its column, in the languages that desks use, with commas between."""

    unit: str = ""
    example: str = ""


class TableOf(NamedTuple):
    """A kind of table: its fields, and which it needs."""

    kind: TableKind
    fields: tuple[Field, ...]
    needed: tuple[tuple[str, ...], ...] = ()
    """Of each group at least one field."""

    def field(self, name: str) -> Field | None:
        """The field of a name."""
        return next((field for field in self.fields if field.name == name), None)


_SITE = (
    "site, data centre, data center, datacenter, rechenzentrum, standort, location, facility, campus, dc, "
    "region, rz, site name"
)
_SKU = (
    "sku, gpu type, gpu model, gpu sku, gpu, accelerator, chip, model, product, produkt, typ, gpu typ, type, "
    "hardware, karte, part"
)
_POOL = "pool, pool name, pool id, cluster, capacity pool"
_GPUS = (
    "gpus, gpu count, gpu qty, qty, quantity, number of gpus, no of gpus, anzahl, anzahl gpus, gpu anzahl, "
    "menge, count, size, committed gpus, contracted gpus, gpus committed, units, stueckzahl, allocated gpus, "
    "gpus allocated, gpus contracted, gpus sold, gpu quantity"
)
_START = (
    "start, start date, from, begin, beginn, commencement, commencement date, term start, von, ab, effective "
    "date, service start, go live, start of term, laufzeit von, vertragsbeginn, rfs, laufzeit beginn, "
    "mietbeginn, contract start, first day, since, delivery start"
)
_END = (
    "end, end date, to, until, till, expiry, expiration, expiry date, term end, bis, ende, service end, "
    "contract end, vertragsende, laufzeit bis, laufzeit ende, last day, expires, thru, end of term, mietende, "
    "through"
)
_TERM = "term, duration, term months, contract term, laufzeit, length, term length, dauer"

_PLACE = (
    Field("site", "text", "the data centre's name or id", _SITE, example="Reno"),
    Field("sku", "text", "the kind of GPU", _SKU, example="H100"),
    Field("pool", "text", "instead of site and SKU: the pool's id", _POOL),
)

SITES = TableOf(
    "sites",
    (
        Field("site", "text", "the data centre's name; its id follows from it", _SITE + ", name", example="Reno"),
        Field(
            "power",
            "power",
            "at the meter, in MW",
            "power, it power, mw, site power, leistung, capacity mw, power mw, critical power, contracted "
            "power, anschlussleistung, it load, utility power, capacity",
            unit="MW",
            example="12",
        ),
        Field(
            "pue",
            "ratio",
            "what the meter reads over what the servers take",
            "pue, design pue, avg pue",
            example="1.2",
        ),
    ),
    (("site",), ("power",)),
)
POOLS = TableOf(
    "pools",
    (
        *_PLACE,
        Field(
            "gpus",
            "count",
            "how many are in service today",
            _GPUS
            + ", "
            + (
                "installed, gpus installed, installed gpus, capacity, total gpus, inventory, bestand, "
                "installiert, in service, live gpus"
            ),
            example="4096",
        ),
        Field(
            "gpu_power",
            "power",
            "IT power of one GPU with its share of the server, in kW",
            "kw per gpu, kw gpu, power per gpu, watts per gpu, w per gpu, it kw, it power per gpu, it kw per "
            "gpu, kw je gpu, leistung je gpu, gpu power, kw, tdp",
            unit="kW",
            example="1.3",
        ),
        Field(
            "spares",
            "ratio",
            "the part that is kept back, from 0 to 1 (or in %)",
            "spares, spare, spares ratio, buffer, reserve",
            example="0.02",
        ),
        Field(
            "sell_unit",
            "count",
            "GPUs are leased in multiples of this",
            "sell unit, unit, node size, gpus per node, granularity",
            example="8",
        ),
    ),
    (("site",), ("sku", "pool"), ("gpus",)),
)
WAVES = TableOf(
    "waves",
    (
        Field(
            "wave",
            "text",
            "the wave's name or number",
            "wave, delivery, batch, shipment, wave id, po, po number, lieferung, tranche, phase, order, delivery id",
            example="W-1",
        ),
        *_PLACE,
        Field("gpus", "count", "how many GPUs come", _GPUS + ", " + ("gpus delivered, incoming"), example="1024"),
        Field(
            "contract",
            "date",
            "when the contract says",
            "contract date, contract, contractual, contracted date, po date, committed, vendor date, "
            "liefertermin, contract delivery, delivery date, rfs contract, due, date, vertragstermin, rfs, "
            "eta",
            example="2026-09-01",
        ),
        Field(
            "p50",
            "date",
            "the likely date",
            "p50, likely, expected, p50 date, forecast, expected date, erwartet, best estimate, rfs p50",
            example="2026-09-15",
        ),
        Field(
            "p90",
            "date",
            "the safe date; promises count this one",
            "p90, safe, p90 date, safe date, worst case, latest, late case, sicher, spaetestens, rfs p90, "
            "conservative",
            example="2026-10-15",
        ),
    ),
    (("gpus",), ("contract", "p50", "p90"), ("pool", "sku", "site")),
)
CONTRACTS = TableOf(
    "contracts",
    (
        Field(
            "number",
            "text",
            "the contract's number; the lease is called so",
            "contract, contract number, contract no, contract id, number, no, nr, id, vertrag, "
            "vertragsnummer, vertragsnr, vertrags nr, order form, order, deal, deal id, agreement, reference, "
            "ref, so number, opportunity id, of number, order form no",
            example="C-1001",
        ),
        Field(
            "customer",
            "text",
            "who pays",
            "customer, customer name, client, tenant, account, account name, kunde, kundenname, mieter, "
            "company, counterparty, buyer, lessee, logo, auftraggeber, name",
            example="Example Labs",
        ),
        *_PLACE,
        Field("gpus", "count", "how many GPUs", _GPUS, example="256"),
        Field("start", "date", "the first day", _START, example="2026-07-01"),
        Field("end", "end", "the last day, it included", _END, example="2029-06-30"),
        Field("term", "length", "instead of an end: how long, in months", _TERM, unit="months"),
        Field(
            "price",
            "money",
            "per GPU-hour, or flat per month (say which in the heading)",
            "price, rate, je gpu stunde, pro gpu stunde, hourly rate, price per gpu hour, gpu hour, preis, "
            "unit price, price per hour, usd "
            "per gpu hour, gpu hr, rate per gpu hour, monthly fee, monthly price, mrr, price per month, "
            "monatspreis, monthly, fee, preis je gpu stunde, preis pro gpu stunde, monthly rate, preis pro "
            "monat, entgelt, stundensatz, price gpu h, per gpu hour",
            example="2.35",
        ),
        Field("currency", "text", "USD without it", "currency, ccy, waehrung, curr", example="USD"),
        Field(
            "notice",
            "length",
            "days of notice on which the customer may leave; none: firm to the end",
            "notice, notice period, notice days, kuendigungsfrist, frist, termination notice, cancellation "
            "notice, kuendigung, break notice",
            unit="days",
            example="90",
        ),
    ),
    (("customer",), ("start",), ("end", "term"), ("gpus",)),
)
INSIDE = TableOf(
    "inside",
    (
        Field(
            "team",
            "text",
            "the inside team",
            "team, group, internal team, project, projekt, owner, department, abteilung, org, user, workload, "
            "cost centre, cost center, name, internal user",
            example="Research",
        ),
        *_PLACE,
        Field("gpus", "count", "how many GPUs", _GPUS, example="128"),
        Field("start", "date", "the first day", _START, example="2026-07-01"),
        Field("end", "end", "the last day, it included", _END, example="2027-12-31"),
        Field("rank", "count", "1 is served first", "rank, priority, prio, prioritaet, rang", example="1"),
        Field(
            "value",
            "money",
            "instead of a rank: worth per GPU-hour",
            "value, internal value, value per gpu hour, wert, shadow price",
            unit="gpu_hour",
        ),
    ),
    (("team",), ("start",), ("end",), ("gpus",)),
)
MONTHS = TableOf("months", ())
"""GPUs by month: a column a customer and a row a month, or the other way round."""

TABLES: dict[str, TableOf] = {each.kind: each for each in (SITES, POOLS, WAVES, CONTRACTS, INSIDE, MONTHS)}
