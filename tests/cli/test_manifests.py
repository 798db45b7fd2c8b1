"""Files for `neocloud apply`: each mistake is told with its line and column, and nothing of the file happens."""

from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Desk

LAUGHS = "\n".join(
    ["a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    + [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
)
SITE = "sites:\n  - {id: elko, power_mw: 1}\n"
POOL = "pools:\n  - {id: p, site: reno, gpu: H100, it_watts_per_gpu: 1000, "
TERMS = "terms:\n  - name: t\n    rights:\n"
LEASE = "leases:\n  - {id: l, tenant: acme, prices: [{per: gpu_hour, amount: 2}], blocks: "
BLOCK = "{pool: h100, gpus: 8, from: 2026-07-01, until: 2026-08-01}"
PRICED = f"leases:\n  - {{id: l, tenant: acme, blocks: [{BLOCK}], prices: "

NOT_YAML = [
    ("", "the file is empty"),
    ("# nothing\n", "the file is empty"),
    ("sites: [", "file.yaml:2:1: this is not YAML"),
    ("sites:\n\t- id: x\n", "file.yaml:2:1: this is not YAML"),
    ("sites: {id: x]\n", "file.yaml:1:14: this is not YAML"),
    ("sites: *nowhere\n", "file.yaml:1:8: this is not YAML"),
    ("a: 1\n---\nb: 2\n", "file.yaml:2:1: this is not YAML"),
    ("sites: &a [*a]\n", "file.yaml:1:8 sites[0]: an alias contains itself"),
    (LAUGHS, "aliases repeat without end"),
    ("[" * 100_000, "nested deeper than 50 levels"),
    ("a:" + " {a:" * 3_000, "nested deeper than 50 levels"),
    ("just words\n", "fields is wanted here, not text"),
    ("- a\n- b\n", "fields is wanted here, not a list"),
    ("? [a, b]\n: c\n", "file.yaml:1:3: the name of a field is wanted here"),
    ("sites: []\nsites: []\n", "file.yaml:2:1 sites: sites is given twice"),
    ("sites:\n  - {id: a, id: b, power_mw: 1}\n", "file.yaml:2:13 sites[0].id: id is given twice"),
    ("<<: {sites: []}\n", "there is no field '<<' here"),
    ("sties: []\n", "there is no field 'sties' here"),
    ("sites: no\n", "file.yaml:1:1 sites: a list is wanted here, not true or false"),
    ("sites:\n", "file.yaml:1:1 sites: a list is wanted here, not nothing"),
    ('{"sites": [{"id": "elko" "power_mw": 1}]}', "file.yaml:1:26: this is not YAML"),
]

FIELDS = [
    ("sites:\n  - {power_mw: 1}\n", "file.yaml:2:5 sites[0]: the field 'id' is missing"),
    ("sites:\n  - {id: elko}\n", "the field 'power_mw' is missing"),
    ("sites:\n  - {id: elko, power_mw: 1, powr: 2}\n", "there is no field 'powr' here"),
    (
        "sites:\n  - {id: no, power_mw: 1}\n",
        "file.yaml:2:6 sites[0].id: text is wanted here, not true or false; put it in",
    ),
    ("sites:\n  - {id: 7, power_mw: 1}\n", "text is wanted here, not a whole number; put it in quotes"),
    ("sites:\n  - {id: ~, power_mw: 1}\n", "text is wanted here, not nothing"),
    ("sites:\n  - {id: elko, power_mw: yes}\n", "a number or a list is wanted here, not true or false"),
    ("sites:\n  - {id: elko, power_mw: much}\n", "sites[0].power_mw: this is not a number"),
    ("sites:\n  - {id: elko, power_mw: -1}\n", "power cannot be negative"),
    ("sites:\n  - {id: elko, power_mw: .nan}\n", ".nan is not a plain number"),
    ("sites:\n  - {id: elko, power_mw: 'NaN'}\n", "not a plain number"),
    ("sites:\n  - {id: elko, power_mw: 0.0000001}\n", "finer than a watt"),
    ("sites:\n  - {id: elko, power_mw: 1.0e+30}\n", "slip of the hand"),
    ("sites:\n  - {id: elko, power_mw: '1e999999'}\n", "slip of the hand"),
    ("sites:\n  - {id: elko, power_mw: []}\n", "power needs one or more steps"),
    ("sites:\n  - id: elko\n    power_mw:\n      - {mw: 1}\n      - {mw: 2}\n", "in order of time"),
    (
        "sites:\n  - id: elko\n    power_mw:\n      - {mw: 1, from: soon}\n",
        "file.yaml:4:17 sites[0].power_mw[0].from: 'soon'",
    ),
    ("sites:\n  - {id: elko, power_mw: 1, pue: 0.9}\n", "a PUE of 0.9 cannot be"),
    ("sites:\n  - {id: elko, power_mw: 1, pue: 'NaN'}\n", "a number in here is not a plain number"),
    ("sites:\n  - {id: 'el ko', power_mw: 1}\n", "'el ko' cannot be an id"),
    (SITE + "  - {id: elko, power_mw: 2}\n", "elko is given twice"),
    (f"{POOL}installed_gpus: 1_0}}\npools: []\n", "pools is given twice"),
    ("pools:\n  - {id: p, site: ren, gpu: H100, it_watts_per_gpu: 1}\n", "did you mean 'reno'?"),
    (f"{POOL}installed_gpus: 010}}\n", "file.yaml:2:76 pools[0].installed_gpus: 010 is not a plain whole number"),
    (f"{POOL}installed_gpus: 0x10}}\n", "0x10 is not a plain whole number"),
    (f"{POOL}installed_gpus: 1:30}}\n", "1:30 is not a plain whole number"),
    (f"{POOL}installed_gpus: 1.5}}\n", "a whole number is wanted here, not a number with a fraction"),
    (f"{POOL}installed_gpus: lots}}\n", "a whole number is wanted here, not text"),
    (f"{POOL}installed_gpus: -8}}\n", "pools[0].installed_gpus"),
    (f"{POOL}installed_gpus: 1{'0' * 30}}}\n", "surely a slip of the hand"),
    (f"{POOL}installed_gpus: {'9' * 5_000}}}\n", "is not a plain whole number"),
    (f"{POOL}sell_unit_gpus: 0}}\n", "0 GPUs cannot be"),
    (f"{POOL}spares_ratio: 2}}\n", "2 is not a ratio from 0 to under 1"),
    (f"{POOL}spares_ratio: 'NaN'}}\n", "not a plain number"),
    (f"{POOL}turnaround: 90}}\n", "text is wanted here, not a whole number"),
    (f"{POOL}turnaround: 90 minutes}}\n", "'90 minutes' is not a duration"),
    (f"{POOL}in_service: 2026-02-30}}\n", "day is out of range for month"),
    (f"{POOL}in_service: 2026-07-01 10:00:00}}\n", "does not say its offset"),
    ("pools:\n  - {id: p, site: reno, gpu: H100, it_watts_per_gpu: 0}\n", "a whole number of at least 1"),
    (f"pools:\n  - {{id: p, site: reno, gpu: H100, it_watts_per_gpu: 1{'0' * 30}}}\n", "at most 1,000,000"),
    ("deliveries:\n  - {id: w, pool: h10, gpus: 8, contract: +1d, p50: +2d, p90: +3d}\n", "did you mean 'h100'?"),
    ("deliveries:\n  - {id: w, pool: h100, gpus: 9, contract: +1d, p50: +2d, p90: +3d}\n", "no multiple of 8"),
    (
        "deliveries:\n  - {id: w, pool: h100, gpus: 8, contract: +1d, p50: +4d, p90: +3d}\n",
        "cannot be after the safe date",
    ),
    ("tenants:\n  - {id: x, kind: friend}\n", "'friend' is none of the choices: customer, inside"),
    ("outages:\n  - {id: o, pool: h100, gpus: 8, from: +2d, until: +1d}\n", "is not after the start"),
]

DECISIONS = [
    (
        "pools:\n  - {id: h100, site: reno, gpu: H100, it_watts_per_gpu: 1280, installed_gpus: 1024, "
        "sell_unit_gpus: 8, retirements: [{at: 2027-01-01, gpus: 1200}]}\n",
        "held by acme 256, research 128",
    ),
    (
        "outages:\n  - {id: o, pool: h100, gpus: 1000, from: +7d, until: +8d, planned: true}\n",
        "maintenance o takes away what is promised",
    ),
    (
        f"{TERMS}      - {{holder: operator, kind: sue}}\n",
        "terms[0].rights[0].kind: 'sue' is none of the choices: reclaim, terminate",
    ),
    (f"{TERMS}      - {{holder: tenant, kind: reclaim}}\n", "a tenant cannot reclaim"),
    (f"{TERMS}      - {{holder: tenant, kind: terminate, notice: soon}}\n", "'soon' is not a duration"),
    (
        f"{TERMS}      - {{holder: tenant, kind: terminate, notice: 1d}}\n"
        "      - {holder: tenant, kind: terminate, notice: 2d}\n",
        "rights contradict",
    ),
    (
        f"{TERMS}      - {{holder: tenant, kind: terminate, serve_from: 2027-01-01, serve_after: 1d}}\n",
        "serve_from and serve_after contradict each other",
    ),
    (f"terms:\n  - {{name: t, payment_days: 1{'0' * 30}}}\n", "at most 3,650 is wanted"),
    ("terms:\n  - {name: t, currency: dollars}\n", "text of the form '^[A-Z]{3}$'"),
    ("terms:\n  - {name: t, remedies: [{below_ratio: 99.9, credit_ratio: 0.1}]}\n", "ratios go from 0 to 1"),
    (f"{LEASE}[]}}\n", "block"),
    (f"{LEASE}[{{pool: h100, gpus: 9, until: +9d}}]}}\n", "not a multiple of 8"),
    (f"{LEASE}[{{pool: h100, gpus: some, until: +9d}}]}}\n", "blocks[0].gpus: 'some' is none of the choices: all"),
    (f"{LEASE}[{{gpus: 8, until: +9d}}]}}\n", "a block needs a pool, or a site"),
    (f"{LEASE}[{{site: reno, gpus: 8, until: +9d}}]}}\n", "of a site, only all"),
    (f"{LEASE}[{{pool: h100, gpus: 8, until: +9d, spare_gpus: 9}}]}}\n", "9 of 8 GPUs cannot be spares"),
    (f"{LEASE}[{{pool: h100, gpus: 8, until: 2026-06-01}}]}}\n", "is not after the start"),
    (f"{LEASE}[{{pool: h100, gpus: 8, from: 2026-06-01, until: +9d}}]}}\n", "--recorded REASON"),
    (f"{LEASE}[{{pool: h100, gpus: 8, until: +9d}}], rank: 1}}\n", "contradict each other"),
    (f"{LEASE}[{{pool: h100, gpus: 8, until: +9d}}], rank: 1{'0' * 30}}}\n", "contradict each other"),
    (f"{LEASE}[{{pool: h100, gpus: 1016, until: +9d}}]}}\n", "what would fit:"),
    (f"{PRICED}[{{per: year, amount: 2}}]}}\n", "'year' is none of the choices: gpu_hour, month"),
    (f"{PRICED}[{{per: month, amount: -2}}]}}\n", "-2 USD cannot be"),
    (f"{PRICED}[{{per: month, amount: 'NaN'}}]}}\n", "not a plain number"),
    (f"{PRICED}[{{per: month, amount: 1.0e+30}}]}}\n", "slip of the hand"),
    (f"{PRICED}[{{per: month, amount: 2, currency: EUR}}]}}\n", "the terms are in USD, the price in EUR"),
    (f"{PRICED}[]}}\n", "a customer's lease needs a price"),
    (f"{PRICED}[{{per: month, amount: 2}}], tenant: acme}}\n", "tenant is given twice"),
    (f"{PRICED}[{{per: month, amount: 2}}], terms: reservd}}\n", "did you mean 'reserved'?"),
    (f"{PRICED}[{{per: month, amount: 2}}], header: {{amendment: -1}}}}\n", "amendment"),
]


@pytest.mark.parametrize(("text", "words"), [*NOT_YAML, *FIELDS, *DECISIONS], ids=lambda text: text[:60])
def test_a_wrong_file_is_refused_with_the_place_and_changes_nothing(
    desk: Desk, text: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file.yaml").write_text(text)
    before = desk.state()
    said = desk("apply", "--yes", "-f", "file.yaml")
    assert words in said.err, said
    assert said.err.startswith("neocloud: ") and "Traceback" not in said.err
    assert (said.code, said.out) == (2, "")
    assert len(said.err) < 1_500
    assert desk.state() == before


def test_one_wrong_noun_keeps_the_whole_file_out(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "file.yaml"
    file.write_text(f"{SITE}pools:\n  - {{id: p, site: nowhere, gpu: H100, it_watts_per_gpu: 1}}\n")
    before = desk.state()
    assert desk("apply", "--yes", "-f", str(file)).code == 2
    assert desk.state() == before


def test_a_file_that_cannot_be_read_is_told_by_its_name(desk: Desk, tmp_path: Path) -> None:
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\x00\xff\xfe\x80")
    nul = tmp_path / "nul.yaml"
    nul.write_bytes(b"sites: [\x00]")
    for path, words in [
        (tmp_path / "missing.yaml", "No such file or directory"),
        (tmp_path, "Is a directory"),
        (binary, "it is not UTF-8 text"),
        (nul, "this is not YAML"),
    ]:
        said = desk("apply", "--yes", "-f", str(path))
        assert said.code == 2 and words in said.err and str(path) in said.err, said


def test_anchors_dates_and_words_of_yaml_mean_what_they_say(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "file.yaml"
    file.write_text(
        "outages:\n"
        "  - &first {id: o1, pool: h100, gpus: 8, from: 2026-08-10, until: 2026-08-11T12:00:00Z, planned: yes}\n"
        "  - {id: o2, pool: h100, gpus: 1_6, from: 2026-08-12, until: 2026-08-13, reason: 'no'}\n"
    )
    desk.done("apply", "--yes", "-f", str(file))
    first, second = (yaml.safe_load(desk.done("outage", "show", name, "-o", "json")) for name in ("o1", "o2"))
    assert (first["from"], first["until"], first["planned"]) == ("2026-08-10", "2026-08-11T12:00:00Z", True)
    assert (second["gpus"], second["reason"]) == (16, "no")
