"""What a webhook is signed with, where it may lead, and what is kept of its secret."""

import json
import random
from ipaddress import ip_address
from pathlib import Path

import pytest

from neocloud.api.courier import Pace
from neocloud.errors import Invalid
from neocloud.model.commands import MakeWebhook
from neocloud.model.webhooks import Webhook, parts_of
from neocloud.operations.webhooks import (
    check_url,
    digest_of,
    is_public_address,
    new_webhook,
    rotated_webhook,
    secret_of,
    service_secret,
    signature,
    signed,
)
from neocloud.units import DAY_S
from tests.contracts.scene import NOW
from tests.events.receiver import holds

SERVICE = b"0123456789abcdef0123456789abcdef"
BODY = json.dumps({"type": "lease.booked"}).encode()


def test_a_message_is_signed_as_in_the_published_example() -> None:
    secret, message = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    found = signature(secret, message, 1614265330, b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def made() -> Webhook:
    """A webhook with its first secret."""
    command = new_webhook(SERVICE, "https://example.com/hook", private=False, name="hook").command
    assert isinstance(command, MakeWebhook)
    return command.webhook


def test_a_signature_holds_for_its_message_and_for_no_other() -> None:
    headers = signed(SERVICE, made(), "hook_7", NOW, BODY)
    secret = secret_of(SERVICE, "hook", 1)
    assert secret.startswith("whsec_")
    assert holds(secret, headers, BODY)
    assert not holds(secret, headers, BODY + b" ")
    for name, other in (("webhook-id", "hook_8"), ("webhook-timestamp", str(NOW + 1))):
        assert not holds(secret, {**headers, name: other}, BODY)


def test_after_a_rotation_both_secrets_hold_for_a_day() -> None:
    change = rotated_webhook(SERVICE, made())
    old, new = secret_of(SERVICE, "hook", 1), change.secret
    webhook = Webhook(
        id="hook", url="https://example.com/hook", digest=digest_of(new), secret_version=2, rotated_at=NOW
    )
    soon, later = (signed(SERVICE, webhook, "hook_7", NOW + after_s, BODY) for after_s in (60, DAY_S))
    assert [holds(secret, soon, BODY) for secret in (old, new)] == [True, True]
    assert [holds(secret, later, BODY) for secret in (old, new)] == [False, True]


def test_each_webhook_rotation_and_service_has_a_secret_of_its_own() -> None:
    secrets = {secret_of(s, name, v) for s in (SERVICE, SERVICE[::-1]) for name in ("a", "a:1") for v in (1, 2)}
    assert len(secrets) == 8


def test_the_services_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = service_secret(tmp_path)
    assert first == service_secret(tmp_path)
    assert len(first) >= 32
    assert (tmp_path / "service-secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["service-secret"]
    assert service_secret(tmp_path, "x" * 32) == b"x" * 32


def test_a_services_secret_that_is_short_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"NEOCLOUD_SERVICE_SECRET: .* at least 32"):
        service_secret(tmp_path, "short")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/", "https://ada:secret@example.com/", "https://example.com/#part", "https:///hook",
        "https://example.com/a b", "https://example.com\\@inside/", "https://exa\u00e4mple.com/", "https://-a.com/",
        "https://example.com:0/", "https://example.com:99999/", "https://example.com/" + "a" * 2_000, "example.com",
        "", "https://example.com/\r\nhost: inside",
    ],
)  # fmt: skip
def test_a_url_that_is_not_plain_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match=r"^url: "):
        parts_of(url)


def test_a_url_comes_apart() -> None:
    assert parts_of("https://Example.com") == ("https", "example.com", 443, "/")
    assert parts_of("http://[::1]:8080/a?b=c") == ("http", "::1", 8080, "/a?b=c")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "https://localhost/", "https://a.localhost/", "https://127.0.0.1/", "https://10.1.2.3/",
        "https://169.254.169.254/latest", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://[fd00::1]/",
    ],
)  # fmt: skip
def test_a_url_that_leads_inside_is_refused_unless_that_is_allowed(url: str) -> None:
    check_url(url, private=True)
    with pytest.raises(Invalid, match=r"^url: "):
        check_url(url, private=False)


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("::ffff:8.8.8.8", True), ("64:ff9b::808:808", True),
        ("0.0.0.0", False), ("100.64.0.1", False), ("192.168.1.1", False), ("224.0.0.1", False), ("240.0.0.1", False),
        ("::", False), ("fe80::1", False), ("ff02::1", False), ("64:ff9b::a00:1", False), ("2002:a00:1::", False),
        ("::ffff:169.254.169.254", False),
    ],
)  # fmt: skip
def test_an_address_that_stands_for_one_inside_is_not_public(address: str, is_public: bool) -> None:
    assert is_public_address(ip_address(address)) is is_public


def test_pauses_double_up_to_the_longest_and_are_the_same_for_the_same_seed() -> None:
    pace = Pace(first_retry_s=5, longest_retry_s=3_600)
    pauses = [
        [pace.pause_s(tries, chance) for tries in range(1, 41)] for chance in (random.Random(1), random.Random(1))
    ]
    assert pauses[0] == pauses[1]
    for tries, pause_s in enumerate(pauses[0], 1):
        assert 0.8 <= pause_s / min(3_600, 5 * 2 ** (tries - 1)) <= 1.2
    assert sum(pauses[0]) > DAY_S, "a receiver that is down for a day is waited for"
