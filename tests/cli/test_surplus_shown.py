"""A surplus in the terminal: narrow, readable without colour, and whole for programs; a golden file holds it."""

import json
import re

import click
import msgspec
import pytest

from neocloud.backtest.answer import Surplus
from neocloud.cli.surplus_chart import chart
from neocloud.cli.surplus_shown import COLUMNS, lines, rows, said, whole
from neocloud.documents.plain import plain
from tests.backtest.made import FLEET, KNEE, bare, point, surplus
from tests.cli.test_demo import compare


def read(found: Surplus) -> str:
    """What is printed, without its colours."""
    return click.unstyle(lines(found))


def test_the_answer_is_as_the_golden_file_has_it() -> None:
    compare("surplus.txt", f"{read(surplus())}\n\n{'=' * 100}\n\n{read(bare())}\n")


@pytest.mark.parametrize(
    "found",
    [
        surplus(), bare(), surplus(points=(), knee=None), surplus(points=(point(0), point(1))),
        surplus(knee=msgspec.structs.replace(KNEE, share_ratio=1.0, sold_gpus=FLEET, low_ratio=0.0, high_ratio=1.0)),
        surplus(objective="happy", economics=None, reclaimable=()),
    ],
    ids=["full", "bare", "no point", "all sold", "knee at the end", "no objective"],
)  # fmt: skip
def test_it_is_narrow_and_has_no_empty_part(found: Surplus) -> None:
    text = read(found)
    assert max(map(len, text.split("\n"))) <= 100
    assert "None" not in text and "\n\n\n\n" not in text and not re.search(r" +$", text, re.MULTILINE)


def test_the_picture_has_each_series_the_objective_the_knee_and_waits_for_ever() -> None:
    shown = chart(surplus())
    picture = [line[10:] for line in shown.split("\n")[:14]]
    assert "for ever" in shown.split("\n")[0] and "3" in picture[0]
    assert all(letter in "".join(picture) for letter in "123-|:")
    assert sum("|" in line for line in picture) >= 10
    assert not any("|" in line[10:] for line in chart(surplus(knee=None)).split("\n")[:14])


def test_the_rows_are_the_frontier() -> None:
    found = said(surplus())
    assert [row["sold_gpus"] for row in found] == [each.sold_gpus for each in surplus().points]
    assert set(COLUMNS) == set(found[0])
    assert found[20]["p99"] == "for ever" and found[20]["meets"] == "no"
    assert rows(surplus())[20]["p99_s"] is None and rows(surplus())[0]["p95_s"] == 240


def test_programs_get_everything() -> None:
    found = json.loads(json.dumps(plain(whole(surplus()))))
    assert set(found) == set(surplus().__struct_fields__)
    assert found["knee"]["sold_gpus"] == 348
    assert found["economics"]["value"] == {"amount": "2.00", "currency": "USD"}


def test_synthetic_and_the_peak_are_said_loudly() -> None:
    text = read(surplus(is_synthetic=True, fleet_from_peak=True))
    assert "SYNTHETIC: no cluster ran these jobs" in text and "FLEET SIZE NOT GIVEN" in text
