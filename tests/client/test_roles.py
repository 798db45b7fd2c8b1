"""Who writes by the command line: every role what its permissions let it, and no more."""

from pathlib import Path

import pytest

from tests.client.conftest import Printed, Served, run

BOOK = "lease book --tenant acme --pool h100 --gpus 64 --from +1d --until +31d --price 2.5 --id deal"
PRICE = "list_prices:\n  - {pool: h100, terms: reserved, price: 2.75}\n"


def as_(served: Served, role: str, line: str, monkeypatch: pytest.MonkeyPatch) -> Printed:
    """What a command line answers with the key of a role."""
    monkeypatch.setenv("NEOCLOUD_KEY", served.key(role))
    return run("--server", served.url, *line.split())


def test_sales_books_and_finance_prices(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "price.yaml").write_text(PRICE)
    price = f"apply --yes -f {tmp_path / 'price.yaml'}"
    booked = as_(served, "sales", BOOK, monkeypatch)
    assert booked.code == 0 and booked.out.startswith("Booked."), booked
    priced = as_(served, "finance", price, monkeypatch)
    assert priced.code == 0, priced
    assert "2.75" in as_(served, "viewer", "price list", monkeypatch).out
    for role, line, lacks in (
        ("sales", price.replace("price.yaml", "other.yaml"), "prices.write"),
        ("sales", "outage open --pool h100 --gpus 8 --from +1d --until +2d", "fleet.write"),
        ("sales", "key create --role admin", "keys.write"),
        ("finance", BOOK.replace("deal", "other"), "leases.write"),
        ("viewer", BOOK.replace("deal", "other"), "leases.write"),
    ):
        (tmp_path / "other.yaml").write_text(PRICE.replace("2.75", "1.75"))
        said = as_(served, role, line, monkeypatch)
        assert (said.code, said.err) == (2, f"neocloud: this key may not: it lacks {lacks}\n"), said
