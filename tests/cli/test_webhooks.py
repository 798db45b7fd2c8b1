"""`neocloud webhook` on a ledger: made, rotated and dropped; the secret is told once, and only to who made it."""

import json
from pathlib import Path

from tests.cli.conftest import Desk


def test_a_webhook_is_made_shown_rotated_and_dropped(desk: Desk) -> None:
    made = json.loads(
        desk.done(
            "webhook", "create", "--url", "https://example.com/hook", "--kind", "lease", "--id", "hook", "-o", "json"
        )
    )
    assert made["secret"].startswith("whsec_")
    assert made["kinds"] == ["lease"]
    shown = desk.done("webhook", "show", "hook", "-o", "json") + desk.done("webhook", "list", "-o", "json")
    assert 'secret"' not in shown
    assert "digest" not in shown
    rotated = json.loads(desk.done("webhook", "rotate", "hook", "-o", "json"))
    assert rotated["secret_version"] == 2
    assert rotated["secret"] != made["secret"]
    assert desk.done("webhook", "failures", "hook") == "nothing has failed\n"
    assert json.loads(desk.done("webhook", "drop", "hook", "-o", "json"))["dropped"]
    assert desk("webhook", "rotate", "hook").code == 2
    journal = b"".join(path.read_bytes() for path in Path(desk.directory).glob("journal.sqlite*"))
    assert made["secret"].encode() not in journal
    assert rotated["secret"].encode() not in journal


def test_a_url_that_will_not_do_is_refused_at_its_option(desk: Desk) -> None:
    for url in ("http://example.com/", "https://10.0.0.1/", "https://ada:x@example.com/"):
        said = desk("webhook", "create", "--url", url)
        assert said.code == 2
        assert said.err.startswith("neocloud: --url: ")
