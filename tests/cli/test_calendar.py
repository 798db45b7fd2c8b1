"""`neocloud calendar` and `calendar remind`: rows, iCalendar text, and messages written and sent."""

import csv
import io
import json
import re
from collections import Counter
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from neocloud.operations.ics import escaped, folded
from neocloud.operations.mailing import Server
from tests.cli.conftest import Desk, Said
from tests.cli.mail_server import mail_server

ALL = ("--within", "1500d")
KEYS = [
    "start.lease.acme-1.start",
    "start.lease.research-1.start",
    "maintenance.outage.check-1.begin",
    "maintenance.outage.check-1.end",
    "delivery.delivery.wave-1.contract",
    "delivery.delivery.wave-1.p50",
    "delivery.delivery.wave-1.p90",
    "end.lease.research-1.end",
    "notice.lease.acme-1.tenant-terminate",
    "end.lease.acme-1.end",
]


def read(desk: Desk, *words: str) -> Any:
    return json.loads(desk.done("calendar", *words, "--output", "json"))


# ---- rows ----


def test_the_deadlines_are_the_same_in_every_form_the_soonest_first(desk: Desk) -> None:
    rows = read(desk, *ALL)
    assert [row["id"] for row in rows] == KEYS
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    table = desk.done("calendar", *ALL).splitlines()
    assert table[0].split() == ["AT", "IN", "DAYS", "FAR", "KIND", "SENTENCE"]
    assert [line.split()[3] for line in table[1:]] == [row["kind"] for row in rows]
    found = list(csv.DictReader(io.StringIO(desk.done("calendar", *ALL, "-o", "csv"))))
    assert [row["id"] for row in found] == KEYS
    assert re.findall(r"^- id: (.*)$", desk.done("calendar", *ALL, "-o", "yaml"), re.MULTILINE) == KEYS


def test_a_last_day_is_shown_as_that_day_and_says_what_comes_of_missing_it(desk: Desk) -> None:
    [row] = read(desk, *ALL, "--kind", "notice")
    assert (row["at"], row["in_days"], row["far"]) == ("2029-05-31T23:59:59Z", 1091, "later")
    assert row["sentence"] == (
        "2029-05-31 is the last day for the tenant's notice of 30d to terminate: lease acme-1 of acme (256 GPUs of "
        "h100); after it, it runs to its end, 2029-07-01"
    )
    assert desk.done("calendar", *ALL, "--kind", "notice").splitlines()[1].startswith("2029-05-31 ")
    assert read(desk, "--as-of", "2029-05-31", "--kind", "notice")[0]["far"] == "soon"
    late = ("lease", "terminate", "acme-1", "--by", "tenant")
    assert desk(*late, now="2029-06-01").code == 2
    assert desk(*late, now="2029-05-31T23:59:59Z").code == 0


def test_deadlines_are_narrowed_by_tenant_site_and_kind(desk: Desk) -> None:
    assert {row["tenant"] for row in read(desk, *ALL, "--tenant", "acme")} == {"acme"}
    assert [row["id"] for row in read(desk, *ALL, "--site", "reno")] == KEYS
    kinds = [row["kind"] for row in read(desk, *ALL, "--kind", "end", "--kind", "delivery")]
    assert kinds == ["delivery"] * 3 + ["end"] * 2
    assert desk.done("calendar", "--within", "1d", "--kind", "leave") == "nothing is due within 1d\n"


def test_a_hold_an_option_and_a_curtailment_are_in_it_until_they_are_settled(desk: Desk) -> None:
    span = ("--from", "2026-07-01", "--until", "2026-08-01", "--price", "2")
    words = ("--tenant", "acme", "--pool", "h100", "--gpus", "64", *span)
    desk.done("lease", "hold", *words, "--id", "maybe", "--expires", "+2d")
    desk.done(
        "curtailment",
        "open",
        "--site",
        "reno",
        "--most-mw",
        "1",
        "--until",
        "+3d",
        "--id",
        "heat",
        "--reason",
        "a; b",
    )
    assert [row["id"] for row in read(desk, "--within", "4d", "--kind", "hold")] == ["hold.lease.maybe.hold"]
    [_, _, hold, heat] = read(desk, "--within", "4d")[-4:]
    assert (hold["at"], hold["far"]) == ("2026-06-06T23:59:59Z", "soon")
    assert heat["sentence"] == "End of curtailment heat: site reno may draw no more than 1.0 MW (a; b)"
    desk.done("lease", "confirm", "maybe")
    assert read(desk, "--kind", "hold") == []
    assert read(desk, "--kind", "start")[-1]["noun_id"] == "maybe"


def test_the_audit_and_the_calendar_name_the_same_last_day(desk: Desk) -> None:
    codes = {row["code"]: row["sentence"] for row in json.loads(desk.done("audit", "-o", "json", now="2029-05-01"))}
    assert codes["audit.notice_near"].endswith("is 2029-05-31, in 30 days")
    codes = {row["code"]: row["sentence"] for row in json.loads(desk.done("audit", "-o", "json", now="2029-05-20"))}
    assert codes["audit.notice_soon"].endswith("the tenant's notice of 30d is 2029-05-31, in 11 days")


def test_a_lease_that_ends_by_a_notice_has_missed_none(desk: Desk) -> None:
    desk.done("lease", "terminate", "acme-1", "--by", "tenant", now="2028-06-05")
    found = json.loads(desk.done("audit", "-o", "json", now="2028-06-20"))
    assert [row["code"] for row in found if "notice" in row["code"]] == []


# ---- iCalendar ----


def events(text: str) -> list[dict[str, str]]:
    """The events of iCalendar text as RFC 5545 has it read: unfolded, by name, what is an alarm's behind `ALARM`."""
    assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    lines = text.replace("\r\n ", "").rstrip().split("\r\n")
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert {"VERSION:2.0", "CALSCALE:GREGORIAN"} < set(lines)
    found: list[dict[str, str]] = []
    within = ""
    for line in lines:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            found.append({})
        elif line in {"BEGIN:VALARM", "END:VALARM"}:
            within = "ALARM " if line == "BEGIN:VALARM" else ""
        elif found and line not in {"END:VEVENT", "END:VCALENDAR"}:
            assert f"{within}{name}" not in found[-1], "once at the most in an event"
            found[-1][f"{within}{name}"] = value
    assert Counter(lines)["BEGIN:VEVENT"] == Counter(lines)["END:VEVENT"] == len(found)
    return found


def text_of(value: str) -> str:
    """A value of type TEXT, read."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def ics(desk: Desk, *words: str) -> list[dict[str, str]]:
    return events(desk.done("calendar", *words, "--output", "ics"))


def test_the_events_are_the_deadlines(desk: Desk) -> None:
    rows, found = read(desk, *ALL), ics(desk, *ALL)
    assert [event["UID"].partition("@")[0] for event in found] == [row["id"] for row in rows]
    assert [text_of(event["DESCRIPTION"]) for event in found] == [row["sentence"] for row in rows]
    assert [event["CATEGORIES"] for event in found] == [row["kind"] for row in rows]
    for event, row in zip(found, rows, strict=True):
        when = event["DTSTART;VALUE=DATE-TIME"]
        assert re.fullmatch(r"\d{8}T\d{6}Z", when) and when[:8] == row["at"][:10].replace("-", "")
        assert event["DTSTAMP"] == "20260605T000000Z"


def test_an_alarm_goes_before_a_last_day_for_notice_alone(desk: Desk) -> None:
    found = {event["UID"]: event for event in ics(desk, *ALL)}
    warned = {uid: event["ALARM TRIGGER"] for uid, event in found.items() if "ALARM TRIGGER" in event}
    assert [uid.partition("@")[0] for uid in warned] == ["notice.lease.acme-1.tenant-terminate"]
    assert set(warned.values()) == {"-P14D"}


def test_a_calendar_that_is_read_again_moves_its_events_and_doubles_none(desk: Desk) -> None:
    before = {event["UID"]: event for event in ics(desk, *ALL)}
    desk.done("delivery", "slip", "wave-1", "--by", "30d")
    desk.done("lease", "amend", "acme-1", "--until", "2029-08-01")
    after = {event["UID"]: event for event in ics(desk, *ALL)}
    assert after.keys() == before.keys()
    moved = {uid.partition("@")[0] for uid in after if after[uid]["DTSTART;VALUE=DATE-TIME"] !=
             before[uid]["DTSTART;VALUE=DATE-TIME"]}  # fmt: skip
    assert moved == {KEYS[5], KEYS[6], KEYS[8], KEYS[9]}
    assert all(int(after[uid]["SEQUENCE"]) > int(before[uid]["SEQUENCE"]) for uid in after)


def test_two_ledgers_have_no_event_in_common(desk: Desk, tmp_path: Path) -> None:
    other = Desk(tmp_path / "other", "2026-06-04")
    assert other("init", str(other.directory)).code == 0
    other.done("apply", "--yes", "-f", str(Path(__file__).parent / "fleet.yaml"))
    assert {event["UID"] for event in ics(desk, *ALL)}.isdisjoint(event["UID"] for event in ics(other, *ALL))


def test_a_calendar_without_deadlines_is_one(desk: Desk) -> None:
    assert ics(desk, "--within", "1d", "--kind", "leave") == []


@pytest.mark.parametrize("text", ["a" * 300, "ü" * 200, "€uro, " * 40, "\U0001f4c5" * 60, "", "a" * 75, "a" * 76])
def test_a_folded_line_has_75_octets_and_no_broken_character(text: str) -> None:
    parts = folded(text).split("\r\n ")
    assert "".join(parts) == text
    assert len(parts[0].encode()) <= 75 and all(len(part.encode()) <= 74 for part in parts[1:])
    assert all(len(part.encode()) > 70 for part in parts[:-1]), "no more parts than it takes"


def test_text_is_escaped_and_read_back_as_it_was() -> None:
    assert escaped("a,b;c\\d\ne\r\nf") == "a\\,b\\;c\\\\d\\ne\\nf"
    assert text_of(escaped("back\\nslash; comma, \\")) == "back\\nslash; comma, \\"
    assert escaped("a\x00\x1b\x7fb\tc\r") == "ab\tc"


# ---- reminders ----


def message(content: bytes) -> EmailMessage:
    found = message_from_bytes(content, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def bodies(found: EmailMessage) -> tuple[str, str]:
    plain, page = found.get_body(("plain",)), found.get_body(("html",))
    assert plain is not None and page is not None
    return plain.get_content(), page.get_content()


REMIND = ("calendar", "remind", "--within", "100d")
DESKS = ("--mail-to", "desk@example.com", "--mail-to", "finance@example.com", "--mail-from", "nc@example.com")


def test_a_reminder_has_what_must_be_done_first_in_plain_text_and_html(desk: Desk, tmp_path: Path) -> None:
    words = ("--tenant", "acme", "--pool", "h100", "--gpus", "64", "--until", "+30d", "--price", "2", "--id", "maybe")
    desk.done("lease", "hold", *words, "--expires", "+1d")
    desk.done("outage", "open", "--pool", "h100", "--gpus", "8", "--planned", "--from", "+2d", "--until", "+3d",
              "--id", "check-2", "--reason", "<b>new</b> & old")  # fmt: skip
    desk.done(*REMIND, "--to", str(tmp_path / "due.eml"))
    found = message((tmp_path / "due.eml").read_bytes())
    assert found["Subject"] == "neocloud: 8 deadlines until 2026-09-13, 1 to be done"
    assert found["Date"] == "Fri, 05 Jun 2026 00:00:00 +0000"
    plain, page = bodies(found)
    assert plain.index("To be done") < plain.index("last day to confirm") < plain.index("What happens")
    assert "2026-06-05 (today)" in plain and "2026-06-07 (in 2 days)" in plain
    assert "<b>new</b> & old" in plain and "&lt;b&gt;new&lt;/b&gt; &amp; old" in page and "<b>" not in page
    rows = read(desk, "--within", "100d")
    assert all(row["sentence"] in plain for row in rows) and page.count("<tr><td") == len(rows)


def test_the_same_reminder_is_the_same_to_the_byte(desk: Desk) -> None:
    assert desk.done(*REMIND, "--to", "-") == desk.done(*REMIND, "--to", "-")
    assert desk.done(*REMIND, "--to", "-") != desk.done(*REMIND, "--to", "-", now="2026-06-06")


def test_a_reminder_of_nothing_says_so(desk: Desk) -> None:
    found = message(desk.done(*REMIND, "--kind", "leave", "--to", "-").encode())
    assert found["Subject"] == "neocloud: nothing is due until 2026-09-13"
    assert all("Nothing is due" in body for body in bodies(found))


def test_a_reminder_is_sent_to_all_who_are_named(desk: Desk) -> None:
    with mail_server() as server:
        said = desk(*REMIND, "--smtp", server.address, *DESKS)
    assert (said.code, said.err) == (0, "sent to desk@example.com, finance@example.com: 5 deadlines\n")
    assert [line for line in server.lines if line.startswith(("mail", "rcpt"))] == [
        "mail FROM:<nc@example.com>", "rcpt TO:<desk@example.com>", "rcpt TO:<finance@example.com>",
    ]  # fmt: skip
    [content] = server.messages
    found = message(content)
    assert found["To"] == "desk@example.com, finance@example.com"
    assert "The contract's date of wave wave-1" in bodies(found)[0]


def test_the_server_comes_from_the_environment_and_a_file_goes_before_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server() as server:
        monkeypatch.setenv("NEOCLOUD_SMTP", server.address)
        desk.done(*REMIND, "--to", "-")
        assert server.messages == []
        desk.done(*REMIND, *DESKS)
    assert len(server.messages) == 1


PASSWORD = "hunter2-secret"


def refused(said: Said, words: str, code: int = 1) -> None:
    assert (said.code, said.out) == (code, ""), said
    assert words in said.err and said.err.count("\n") == 1 and said.err.startswith("neocloud: ")
    assert PASSWORD not in said.err


def test_a_password_is_sent_under_tls_alone_and_never_shown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEOCLOUD_SMTP_USER", "desk")
    monkeypatch.setenv("NEOCLOUD_SMTP_PASSWORD", PASSWORD)
    with mail_server(None, "AUTH PLAIN LOGIN") as server:
        refused(desk(*REMIND, "--smtp", server.address, *DESKS), "offers no TLS, and a password is not sent", 2)
    assert not any(line.upper().startswith("AUTH") for line in server.lines)
    assert PASSWORD not in repr(Server("a", 1, "desk", PASSWORD))


def test_tls_is_begun_where_it_is_offered_and_its_failure_is_told(desk: Desk) -> None:
    with mail_server({"STARTTLS": "454 not now"}, "STARTTLS") as server:
        refused(desk(*REMIND, "--smtp", server.address, *DESKS), "did not take the message: 454 not now")
    assert "STARTTLS" in server.lines and server.messages == []


@pytest.mark.parametrize(
    ("replies", "words"),
    [
        ({"RCPT": "550 who?"}, "takes nothing for desk@example.com, finance@example.com"),
        ({"RCPT TO:<FINANCE": "550 who?"}, "took the message, but not for finance@example.com"),
        ({"MAIL": "451 try later"}, "did not take the message: 451 try later"),
        ({"DATA": "552 too much"}, "did not take the message: 552 too much"),
    ],
)
def test_what_a_server_refuses_is_one_clear_sentence(desk: Desk, replies: dict[str, str], words: str) -> None:
    with mail_server(replies) as server:
        refused(desk(*REMIND, "--smtp", server.address, *DESKS), words)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("calendar --within soon", "--within: 'soon' is not a duration; write a number"),
        ("calendar --within 0d", "--within: nothing lies within no time at all; write a duration such as 90d"),
        ("calendar --tenant acm", "no tenant is called 'acm'; did you mean 'acme'?"),
        ("calendar --site ren", "no site is called 'ren'; did you mean 'reno'?"),
        ("calendar --kind party", "'party' is not one of 'notice', 'option', 'hold'"),
        ("calendar --within 3d remind --to -", "options go behind it: neocloud calendar remind --help lists them"),
        ("calendar --known-at 3 remind --to -", "options go behind it: neocloud calendar remind --help lists them"),
        ("calendar remind", "say where it is to go: --to FILE (or -), or --smtp HOST:PORT, --mail-to and"),
        ("calendar remind --smtp a:1 --mail-to b@c", "say where it is to go"),
        ("calendar remind --to - --mail-to b", "--mail-to: 'b' is no address; write one such as desk@example.com"),
        ("calendar remind --to - --mail-from a@b\\nBcc:c@d", "--mail-from: 'a@b\\\\nBcc:c@d' is no address"),
        ("calendar remind --smtp mail --mail-to b@c --mail-from d@e", "--smtp: 'mail' is no mail server; write"),
        ("calendar remind --smtp smtp://m:1 --mail-to b@c --mail-from d@e", "is no mail server; write HOST:PORT"),
        ("calendar remind --smtp m:99999 --mail-to b@c --mail-from d@e", "'m:99999' is no mail server"),
        (f"calendar remind --smtp u:{PASSWORD}@m:1 --mail-to b@c --mail-from d@e", "without its user and password"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_one_clear_sentence(desk: Desk, line: str, words: str) -> None:
    refused(desk(*line.split()), words, 2)


def test_a_server_that_is_not_there_and_a_folder_that_is_not_are_told(desk: Desk, tmp_path: Path) -> None:
    with mail_server() as server:
        gone = server.address
    refused(desk(*REMIND, "--smtp", gone, *DESKS), f"mail server {gone} did not take the message: ")
    refused(desk(*REMIND, "--to", str(tmp_path / "nowhere" / "due.eml")), "cannot be used")
