"""The alerts say what their tests say, and every expression of the dashboard finds something in a real Prometheus."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from benchmarks.service.served import Served, new_key, serving

from tests.docs.test_docs import ROOT, rows
from tests.service.scene import data_directory
from tests.service.test_metrics import book

MONITORING = ROOT / "monitoring"
RULES = yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((MONITORING / "dashboard.json").read_text())
TARGETS = [(panel["title"], each["expr"]) for panel in DASHBOARD["panels"] for each in panel.get("targets", [])]
EMPTY = {"min(neocloud_price_set_age_seconds)": "no prices were admitted to this ledger"}
"""Expressions that find nothing here, and why."""


def program(name: str) -> str:
    """Where a program is; without it the test is skipped, but in CI it fails."""
    found = shutil.which(name)
    if found is None:
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say(f"there is no {name} here; `NEOCLOUD_INSTALL=1 tools/programs.sh` installs it")
    return found


def test_the_alerts_hold_what_their_tests_say() -> None:
    command = [program("promtool"), "test", "rules", "alerts_test.yaml"]
    done = subprocess.run(command, cwd=MONITORING, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested_both_ways_and_on_the_page() -> None:
    named = [rule["alert"] for rule in RULES]
    tested = yaml.safe_load((MONITORING / "alerts_test.yaml").read_text())["tests"]
    for group in tested:
        assert [each["alertname"] for each in group["alert_rule_test"]] == named, group["name"]
    assert [row[0].strip("`") for row in rows("operations.md") if row[0].startswith("`Neocloud")] == named


def test_the_example_of_a_configuration_is_one(tmp_path: Path) -> None:
    for name in ("prometheus.yaml", "alerts.yaml"):
        shutil.copy(MONITORING / name, tmp_path)
    (tmp_path / "neocloud.token").write_text("nc_id_secret")
    command = [program("promtool"), "check", "config", "prometheus.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def prometheus(folder: Path, target: Served, token: str) -> Iterator[str]:
    """A Prometheus on loopback that asks a process for its metrics every second; where it answers."""
    here = program("prometheus")
    scrape = {
        "job_name": "neocloud",
        "authorization": {"credentials": token},
        "static_configs": [{"targets": [f"127.0.0.1:{target.port}"]}],
    }
    config = {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "scrape_configs": [scrape]}
    config["rule_files"] = [str(MONITORING / "alerts.yaml")]
    (folder / "prometheus.yaml").write_text(json.dumps(config))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = [f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/data"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([here, *options, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        os.kill(process.pid, signal.SIGTERM)
        process.wait(30)


def found(where: str, expression: str) -> list[Any]:
    """What an expression comes to now."""
    query = urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(f"{where}/query?{query}", timeout=10) as answer:
        result: list[Any] = json.load(answer)["data"]["result"]
    return result


def until(where: str, expression: str) -> list[Any]:
    """What it comes to, once it comes to something; nothing after a while."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if result := found(where, expression):
                return result
        except OSError:
            pass  # it has not begun to listen
        time.sleep(0.2)
    return []


def test_every_expression_of_the_dashboard_and_of_the_alerts_finds_something(tmp_path: Path) -> None:
    program("prometheus")
    token = data_directory(tmp_path / "desk")
    reader = new_key(tmp_path / "desk", "--role", "viewer", "--scope", "metrics.read")
    with serving(Served(tmp_path / "desk")) as (process,), prometheus(tmp_path, process, reader) as where:
        assert until(where, "up == 1"), (tmp_path / "log").read_text()
        for i in range(3):  # so that there are rates
            assert book(process, token, f"key-{i}", 8).status == 201
            assert process.ask("GET", "/v1/leases/unknown", token).status == 404
            assert until(where, f'sum(neocloud_http_requests_total{{route="/v1/leases"}}) > {i}')
        for title, expression in TARGETS:
            said = expression.replace("$instance", ".*")
            if said in EMPTY:
                assert found(where, said) == [], f"{title}: {EMPTY[said]}"
            else:
                assert until(where, said), f"{title}: {said} finds nothing"
        known = set(re.findall(r"neocloud_\w+", process.ask("GET", "/metrics", token).body.decode()))
        for rule in RULES:
            assert set(re.findall(r"neocloud_\w+", rule["expr"])) <= known | {"neocloud_price_set_age_seconds"}
            found(where, rule["expr"])
