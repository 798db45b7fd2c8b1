"""What the page of events says is so: its ten lines check a signature of ours, and no other."""

import time
from pathlib import Path

from neocloud.operations.webhooks import secret_of, signature
from tests.docs.sessions import fenced

PAGE = Path(__file__).resolve().parents[2] / "docs" / "events.md"


def test_the_ten_lines_of_the_page_check_a_signature() -> None:
    (program,) = (block.text for block in fenced(PAGE) if block.language == "python")
    assert len([line for line in program.splitlines() if line.strip() and '"""' not in line]) <= 10
    scope: dict[str, object] = {}
    exec(program, scope)
    verified = scope["verified"]
    assert callable(verified)
    secret, now, body = secret_of(b"0" * 32, "hook", 1), int(time.time()), b'{"type":"lease.booked"}'
    for at, holds in ((now, True), (now - 3_600, False)):
        headers = {"webhook-id": "hook_7", "webhook-timestamp": str(at)}
        headers["webhook-signature"] = f"v1,x {signature(secret, 'hook_7', at, body)}"
        assert verified(secret, headers, body) is holds
        assert not verified(secret, headers, body + b" ")
