"""Writes examples/sheets: what desks keep their contracts in, of three habits. All names are invented.

    python -m tools.sheets

The same seed gives the same files, and a test compares them. Each hides an over-promise that the audit must name.
"""

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from neocloud.sheets.writing import NewSheet, Plain, Styled, workbook_bytes

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "sheets"
SEED = 2026
BEGINNING = date(2025, 1, 1)
DAYS = 5 * 366

_FIRST = (
    "Quillmoor",
    "Tarnbrook",
    "Ostervale",
    "Fennwick",
    "Halvard",
    "Brindlecote",
    "Marrowby",
    "Skelderby",
    "Ullswick",
    "Pellworth",
    "Corvane",
    "Drumlow",
    "Ashkettle",
    "Wexmere",
    "Thornaby Vale",
    "Grelling",
    "Mossfeld",
    "Varnhus",
    "Lindqvale",
    "Orrinshaw",
    "Kestermoor",
    "Juniver",
    "Ravelstone",
    "Eddermill",
)
_SECOND = ("Labs", "Robotics", "Genomics", "Speech", "Vision", "Research", "Motors", "Studios", "Health", "Minds")

Row = list[Plain | Styled]


class Shelf:
    """What is free of one pool, day by day: so that contracts fit, but for those that are meant not to."""

    def __init__(self, gpus: int, waves: tuple[tuple[date, int], ...] = ()) -> None:
        self._free = [gpus] * DAYS
        for day, more in waves:
            for i in range((day - BEGINNING).days, DAYS):
                self._free[i] += more

    def least(self, start: date, end: date) -> int:
        """What is free on every day of a span."""
        return min(self._free[(start - BEGINNING).days : (end - BEGINNING).days + 1])

    def take(self, start: date, end: date, gpus: int) -> bool:
        """Take GPUs from a day up to and with another, if they are free."""
        days = range((start - BEGINNING).days, min(DAYS, (end - BEGINNING).days + 1))
        if any(self._free[i] < gpus for i in days):
            return False
        for i in days:
            self._free[i] -= gpus
        return True


def names(chance: Random) -> list[str]:
    """Invented companies."""
    return [f"{first} {second}" for first in _FIRST for second in chance.sample(_SECOND, 2)]


# ---- contracts-us.xlsx ----

_US_POOLS = (
    ("Mesa Ridge", "H100", 6_144, Decimal("1.3"), Decimal("2.35")),
    ("Mesa Ridge", "H200", 3_072, Decimal("1.35"), Decimal("2.90")),
    ("Cedar Flats", "H100", 3_072, Decimal("1.3"), Decimal("2.25")),
    ("Cedar Flats", "B200", 2_048, Decimal("1.9"), Decimal("3.60")),
)
_US_WAVES = (
    ("CF-W1", "Cedar Flats", "B200", 1_024, date(2026, 8, 1), date(2026, 8, 15), date(2026, 9, 1)),
    ("CF-W2", "Cedar Flats", "B200", 2_048, date(2026, 9, 1), date(2026, 9, 20), date(2026, 10, 16)),
)


def _us_fleet() -> Iterator[Row]:
    for site, sku, gpus, kw, _ in _US_POOLS:
        yield [site, sku, Styled(gpus, "whole"), kw]


def _us_waves() -> Iterator[Row]:
    for wave, site, sku, gpus, *days in _US_WAVES:
        yield [wave, site, sku, gpus, *(Styled(day, "us date") for day in days)]


def contracts_us() -> bytes:
    """One row a contract: 300 of them, US dates, dollars; a title, a note, totals, and rows that cannot be used."""
    chance = Random(SEED)
    sheets = [
        NewSheet(
            "Sites",
            [
                ["Site", "Power (MW)", "PUE"],
                ["Mesa Ridge", "15.5 MW", Decimal("1.25")],
                ["Cedar Flats", "17MW", Decimal("1.2")],
            ],
            [16, 12, 8],
        ),
        NewSheet(
            "Fleet",
            [
                ["Data center", "GPU type", "GPUs installed", "kW/GPU"],
                *_us_fleet(),
            ],
            [16, 10, 16, 8],
        ),
        NewSheet(
            "Deliveries",
            [
                ["Wave", "Site", "SKU", "Qty", "Contract date", "P50", "P90"],
                *_us_waves(),
            ],
            [10, 14, 8, 8, 14, 12, 12],
        ),
        NewSheet(
            "Contracts",
            [
                ["Master contract list"],
                ["as of 6/1/2026, do not sort"],
                [],
                [
                    Styled(text, "bold")
                    for text in (
                        "Contract #",
                        "Customer",
                        "Site",
                        "SKU",
                        "GPUs",
                        "Start date",
                        "End date",
                        "Rate ($/GPU-hr)",
                        "Notice",
                        "Sales rep",
                    )
                ],
                *_us_rows(chance),
            ],
            [12, 24, 14, 8, 8, 12, 12, 16, 10, 12],
        ),
        NewSheet(
            "Internal",
            [
                ["Team", "Site", "SKU", "GPUs", "From", "To", "Priority"],
                ["Applied research", "Mesa Ridge", "H100", 512, date(2026, 1, 1), date(2027, 12, 31), 1],
                ["Evaluations", "Cedar Flats", "H100", 256, date(2026, 3, 1), date(2026, 12, 31), 2],
            ],
            [18, 14, 8, 8, 12, 12, 9],
        ),
        NewSheet("old copy", [["Contract #", "Customer"], ["C-1000", "do not use"]], hidden=True),
    ]
    return workbook_bytes(sheets)


def _us_rows(chance: Random) -> Iterator[Row]:
    total = 0
    for number, row in enumerate(_us_contracts(chance), 1001):
        customer, site, sku, gpus, start, end, price, notice = row
        total += gpus
        said = f"${price}" if chance.random() < 0.3 else Styled(price, "dollars")
        yield [
            f"C-{number}",
            customer,
            site,
            sku,
            _count(gpus, chance),
            _us_day(start, chance),
            _us_day(end, chance),
            said,
            notice,
            chance.choice(("Kim", "Ana", "Joe")),
        ]
    yield ["C-1301", "Wexmere Labs", "Mesa Ridge", "H100", 128, "7/1/2026", "TBD", "$2.40", "90 days", "Joe"]
    yield ["C-1302", "Grelling Vision", "Mesa Rigde", "H100", 64, "8/1/2026", "7/31/2028", "$2.40", None, "Ana"]
    yield ["C-1303", "Corvane Minds", "Cedar Flats", "H300", 64, "8/15/2026", "8/14/2028", "$4.10", None, "Ana"]
    yield ["C-1007", "Drumlow Motors", "Cedar Flats", "H100", 8, "9/1/2026", "8/31/2027", "$2.30", None, "Kim"]
    yield ["Total", None, None, None, Styled(total + 264, "whole"), None, None, None, None, None]
    yield []
    yield ["Prices without tax; ask finance before quoting"]


def _us_contracts(chance: Random) -> list[tuple[str, str, str, int, date, date, Decimal, str | None]]:
    """298 that fit as the sheet has it, the second wave there on its contract date; and two planted ones."""
    waves = tuple((row[4], row[3]) for row in _US_WAVES)
    shelves = [Shelf(gpus, waves if sku == "B200" else ()) for _, sku, gpus, _, _ in _US_POOLS]
    shelves[0].take(date(2026, 1, 1), date(2027, 12, 31), 512)
    shelves[2].take(date(2026, 3, 1), date(2026, 12, 31), 256)
    companies = names(chance)
    found: list[tuple[str, str, str, int, date, date, Decimal, str | None]] = []
    while len(found) < 298:
        which = chance.choices(range(4), weights=(8, 4, 4, 6))[0]
        site, sku, _, _, list_price = _US_POOLS[which]
        gpus = 8 * chance.choice((1, 1, 2, 2, 4, 4, 8, 8, 16, 32, 48))
        start, end = _us_term(chance)
        if shelves[which].take(start, end, gpus):
            price = (list_price * Decimal(chance.randrange(85, 116)) / 100).quantize(Decimal("0.01"))
            notice = chance.choice((None, None, None, None, "90 days", "60d", "30 days"))
            found.append((chance.choice(companies), site, sku, gpus, start, end, price, notice))
    return _us_planted(found, shelves, companies)


def _us_planted(
    found: list[tuple[str, str, str, int, date, date, Decimal, str | None]],
    shelves: list[Shelf],
    companies: list[str],
) -> list[tuple[str, str, str, int, date, date, Decimal, str | None]]:
    """In spring 192 GPUs of H200 are sold twice; and all of the second wave is sold from its contract date on."""
    start, end = date(2027, 2, 15), date(2027, 3, 31)
    twice = shelves[1].least(start, end) + 192
    from_wave = shelves[3].least(date(2026, 9, 1), date(2027, 8, 31))
    found.insert(141, (companies[0], "Mesa Ridge", "H200", twice, start, end, Decimal("2.95"), None))
    found.insert(
        207,
        (
            companies[9],
            "Cedar Flats",
            "B200",
            from_wave,
            date(2026, 9, 1),
            date(2027, 8, 31),
            Decimal("3.45"),
            "90 days",
        ),
    )
    return found


def _us_term(chance: Random) -> tuple[date, date]:
    start = BEGINNING + timedelta(days=chance.randrange(0, 3 * 365))
    if chance.random() < 0.5:
        start = start.replace(day=1)
    years = chance.choice((1, 1, 2, 3))
    last = date(start.year + years, start.month, min(start.day, 28)) - timedelta(days=1)
    return start, last


def _us_day(day: date, chance: Random) -> Plain | Styled:
    if chance.random() < 0.4:
        return f"{day.month}/{day.day}/{day.year}"
    return Styled(day, "us date")


def _count(gpus: int, chance: Random) -> Plain:
    return f"{gpus:,}" if chance.random() < 0.1 else gpus


# ---- the three CSV files of belegung-eu ----


def belegung_eu() -> dict[str, bytes]:
    """Semicolons, decimal commas, days first, a header of two rows; in the encoding of an old spreadsheet."""
    chance = Random(SEED + 1)
    sites = [["Standort", "Leistung (MW)", "PUE"], ["Nordhafen", "8,5", "1,18"], ["Südtal", "3,2", "1,24"]]
    pools = [
        ["Standort", "GPU-Typ", "Bestand", "kW je GPU"],
        ["Nordhafen", "H100", "3.072", "1,30"],
        ["Nordhafen", "H200", "1.024", "1,35"],
        ["Südtal", "H100", "1.536", "1,30"],
    ]
    return {
        "standorte-eu.csv": _semicolons(sites, "cp1252"),
        "bestand-eu.csv": _semicolons(pools, "cp1252"),
        "belegung-eu.csv": _semicolons(list(_eu_rows(chance)), "cp1252"),
    }


def _eu_rows(chance: Random) -> Iterator[list[str]]:
    yield ["Belegung GPU-Rechenzentren, Stand 01.06.2026"]
    yield []
    yield ["", "", "", "", "", "Laufzeit", "", "Preis", ""]
    yield [
        "Vertragsnr.",
        "Kunde",
        "Standort",
        "GPU-Typ",
        "Anzahl GPUs",
        "von",
        "bis",
        "€ je GPU-Stunde",
        "Kündigungsfrist",
    ]
    shelves = {
        ("Nordhafen", "H100"): Shelf(3_072),
        ("Nordhafen", "H200"): Shelf(1_024),
        ("Südtal", "H100"): Shelf(1_536),
    }
    companies, found = [f"{name} GmbH" for name in _FIRST], 0
    while found < 80:
        place = chance.choice(list(shelves))
        gpus, start, end = 8 * chance.choice((2, 4, 8, 16, 32)), *_us_term(chance)
        if not shelves[place].take(start, end, gpus):
            continue
        found += 1
        price = f"{Decimal(chance.randrange(195, 265)) / 100:.2f}".replace(".", ",")
        yield [
            f"V-{2025 + found % 2}/{found:03}",
            chance.choice(companies),
            *place,
            f"{gpus}",
            f"{start:%d.%m.%Y}",
            f"{end:%d.%m.%y}" if found % 7 == 0 else f"{end:%d.%m.%Y}",
            f"{price} €",
            chance.choice(("90 Tage", "3 Monate", "", "")),
        ]
    twice = shelves["Südtal", "H100"].least(date(2026, 11, 1), date(2027, 1, 31)) + 160
    gpus_said = f"{twice:,}".replace(",", ".")
    yield ["V-2026/081", "Kestermoor GmbH", "Südtal", "H100", gpus_said, "01.11.2026", "31.01.2027", "2,10 €", ""]
    yield ["Summe", "", "", "", "9.999", "", "", "", ""]


def _semicolons(rows: list[list[str]], encoding: str) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";", lineterminator="\r\n").writerows(rows)
    return buffer.getvalue().encode(encoding)


# ---- by-month.xlsx ----


def by_month() -> bytes:
    """A pivot: a row a month, under each customer its columns; titles, totals, a note, and what is free."""
    chance = Random(SEED + 2)
    sites: list[Row] = [["Location", "Utility power (MW)", "PUE"], ["Harrow Fell", Decimal("4.5"), Decimal("1.22")]]
    fleet: list[Row] = [
        ["Location", "SKU", "Installed", "kW per GPU"],
        ["Harrow Fell", "H100", 1_536, Decimal("1.3")],
        ["Harrow Fell", "B200", 768, Decimal("1.9")],
    ]
    rows, merged = _pivot(chance)
    return workbook_bytes(
        [
            NewSheet("Power", sites, [14, 18, 8]),
            NewSheet("Hardware", fleet, [14, 8, 12, 12]),
            NewSheet("Sold by month", rows, [12, *[12] * 12], merged),
        ]
    )


def _pivot(chance: Random) -> tuple[list[Row], list[str]]:
    tenants = ["Juniver Labs", "Ravelstone", "Eddermill Vision", "Lindqvale"]
    upper: Row = [None]
    lower: Row = ["Month"]
    merged = []
    for i, tenant in enumerate(tenants):
        upper += [Styled(tenant, "bold"), None]
        lower += ["H100", "B200"]
        merged.append(f"{'BDFH'[i]}4:{'CEGI'[i]}4")
    rows: list[Row] = [
        ["GPUs sold, by month"],
        ["source: sales, updated 1 June 2026"],
        [],
        [*upper, "Total"],
        [*lower, None],
    ]
    levels = [[256, 128], [384, 64], [192, 192], [320, 128]]
    for month in range(24):
        for level in levels:
            for sku in (0, 1):
                level[sku] = max(0, level[sku] + 8 * chance.choice((0, 0, 0, 0, 2, -1)))
        counts = [level[sku] for level in levels for sku in (0, 1)]
        if 9 <= month <= 11:  # the over-promise: a training run of three months, promised in a meeting
            counts[4] += 640
        day = date(2026 + (6 + month) // 12, (6 + month) % 12 + 1, 1)
        rows.append([f"{day:%b %Y}", *(count or None for count in counts), sum(counts)])
    total = sum(int(str(row[-1])) for row in rows[5:])
    rows += [["Total", *[None] * 8, total], [], ["Eddermill: confirmed by phone, paper follows"]]
    return rows, merged


def files() -> dict[str, bytes]:
    """All example sheets, by name."""
    return {"contracts-us.xlsx": contracts_us(), **belegung_eu(), "by-month.xlsx": by_month()}


def main() -> None:
    """Write them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, content in files().items():
        (FOLDER / name).write_bytes(content)


if __name__ == "__main__":
    main()
