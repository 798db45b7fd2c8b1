"""`known_at`: the world as it was known, for the operator and for a customer; and nobody waits for it."""

import threading
import time
from typing import Any

import pytest

from neocloud.model.commands import Amend, Apply, Ask, Book
from neocloud.model.entries import Author
from neocloud.model.fleet import PowerStep, Site
from neocloud.operations.ledger import Said
from neocloud.settings import MOST_PAST_WORLDS
from neocloud.units import DAY_S
from tests.api.desk import NOW, Desk, booked, day

YESTERDAY = "2027-01-04T12:00:00Z"
LOOKS_BACK = ["/v1/leases", "/v1/sites", "/v1/requests", "/v1/terms", "/v1/capacity", "/v1/audit", "/v1/at-risk",
              "/v1/calendar", "/v1/options", "/v1/keys"]  # fmt: skip


@pytest.fixture
def later(desk: Desk) -> Desk:
    """The desk a day later: acme has booked more, its lease has grown, and a site has come."""
    desk.now[0] = NOW + DAY_S
    for key in ("admin", "customer", "globex"):
        used(desk, key)
    late = booked("acme-late", "acme", 128, "2.35")
    grown = Amend(id="grow", lease="globex-run", gpus=640, at=day(3))
    bergen = Site(id="bergen", power=(PowerStep(watts=1_000_000),))
    ledger = desk.service.shared
    for command in (late, grown, Apply(id="site", noun=bergen)):
        ledger.say(Said(command, Author("shell:desk"))).result()
    return desk


def used(desk: Desk, key: str) -> None:
    """Have it written down that a key was used today, which is an entry too."""
    before = desk.service.seq
    desk.ask(key, "GET", "/v1/me")
    until = time.monotonic() + 10
    while desk.service.seq == before and time.monotonic() < until:
        time.sleep(0.01)


def ids(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {item["id"] for item in answer.json()["items"]}


def test_what_was_booked_today_was_not_known_yesterday(later: Desk) -> None:
    assert "acme-late" in ids(later.ask("admin", "GET", "/v1/leases"))
    then = later.ask("admin", "GET", f"/v1/leases?known_at={YESTERDAY}")
    assert "acme-late" not in ids(then)
    assert then.json()["known_at"] == then.headers["known-at"] == YESTERDAY
    assert int(then.headers["journal-seq"]) == then.json()["journal_seq"] < later.service.seq
    assert later.ask("admin", "GET", f"/v1/leases/acme-late?known_at={YESTERDAY}").status_code == 404
    assert "bergen" not in ids(later.ask("admin", "GET", f"/v1/sites?known_at={YESTERDAY}"))


def test_one_thing_is_shown_in_the_form_that_it_had(later: Desk) -> None:
    now = later.ask("admin", "GET", "/v1/leases/globex-run")
    then = later.ask("admin", "GET", f"/v1/leases/globex-run?known_at={YESTERDAY}")
    assert len(then.json()["blocks"]) == 1 < len(now.json()["blocks"])
    assert then.headers["etag"] != now.headers["etag"]
    assert then.headers["known-at"] == YESTERDAY and "known-at" not in now.headers
    path = f"/v1/leases/globex-run?known_at={YESTERDAY}"
    again = later.ask("admin", "GET", path, If_None_Match=then.headers["etag"])
    assert again.status_code == 304


def test_capacity_is_what_was_thought_then_of_the_time_to_come(later: Desk) -> None:
    query = "/v1/capacity?pool=oslo-h100&from=2027-01-08&until=2027-01-09"
    [now], [then] = (
        later.ask("admin", "GET", f"{query}{more}").json()["items"] for more in ("", f"&known_at={YESTERDAY}")
    )
    assert now["demand"] - then["demand"] == 256


def test_an_entry_is_said_by_its_number(later: Desk) -> None:
    last = later.service.seq
    at_head = later.ask("admin", "GET", f"/v1/leases?known_at={last}")
    assert at_head.json()["items"] == later.ask("admin", "GET", "/v1/leases").json()["items"]
    assert at_head.headers["known-at"] == "2027-01-05T00:00:00Z"
    assert "acme-late" not in ids(later.ask("admin", "GET", f"/v1/leases?known_at={last - 3}"))


@pytest.mark.parametrize("path", LOOKS_BACK)
def test_known_at_the_head_is_what_is_shown_without_it(later: Desk, path: str) -> None:
    plain = later.ask("admin", "GET", path).json()
    then = later.ask("admin", "GET", f"{path}?known_at={later.service.seq}").json()
    assert then.pop("known_at")
    assert then == plain


def test_a_calendar_feed_looks_back_too(later: Desk) -> None:
    path = "/v1/calendar.ics?within=200d"
    now, then = (later.ask("admin", "GET", path + more).text for more in ("", f"&known_at={YESTERDAY}"))
    assert "acme-late" in now and "acme-late" not in then


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("999", "there is no entry 999"),
        ("0", "there is no entry 0"),
        ("9" * 5_000, "so great a number"),
        ("2020-01-01", "nothing was known at 2020-01-01"),
        ("2027-01-06", "is not known yet"),
        ("%2B1d", "is not known yet"),
        ("", "is not a time"),
        ("yesterday", "is not a time"),
        ("2027-01-04T12:00:00", "does not say its offset"),
    ],
)
def test_nonsense_is_refused_and_says_what_would_work(later: Desk, said: str, words: str) -> None:
    answer = later.ask("admin", "GET", f"/v1/leases?known_at={said}")
    assert answer.status_code == 400 and words in answer.json()["detail"]
    assert answer.json()["pointer"] == "/known_at"
    assert later.ask("admin", "GET", "/v1/me?known_at=now").status_code == 400, "it does not look back"


# ---- a customer ----


def test_a_customer_sees_of_the_past_what_was_its_own_and_is(later: Desk) -> None:
    assert ids(later.ask("customer", "GET", f"/v1/leases?known_at={YESTERDAY}")) == ids(
        later.ask("customer", "GET", "/v1/leases")
    ) - {"acme-late"}
    assert later.ask("customer", "GET", f"/v1/leases/globex-run?known_at={YESTERDAY}").status_code == 404
    assert later.ask("customer", "GET", f"/v1/capacity?known_at={YESTERDAY}").json()["items"]
    assert later.ask("customer", "GET", f"/v1/list-prices?known_at={YESTERDAY}").json()["items"]
    assert later.ask("customer", "GET", f"/v1/audit?known_at={YESTERDAY}").status_code == 403


def test_what_was_handed_on_is_neither_ones_past(later: Desk) -> None:
    given = Amend(id="give", lease="acme-firm", tenant="globex")
    later.service.shared.say(Said(given, Author("shell:desk"))).result()
    dates = later.ask("customer", "GET", f"/v1/calendar?within=200d&known_at={YESTERDAY}").json()["items"]
    assert {each["noun_id"] for each in dates} >= {"acme-run"} and "acme-firm" not in str(dates)
    for key in ("customer", "globex"):
        answer = later.ask(key, "GET", f"/v1/leases/acme-firm?known_at={YESTERDAY}")
        assert answer.status_code == 404, key
    assert later.ask("globex", "GET", "/v1/leases/acme-firm").status_code == 200


def test_who_was_no_customer_yet_sees_nothing_of_that(later: Desk) -> None:
    answer = later.ask("customer", "GET", "/v1/capacity?known_at=4")  # after the shipped terms
    assert answer.status_code == 400 and "nothing of yours" in answer.json()["detail"]


# ---- apart ----


def test_few_worlds_are_kept_and_those_asked_for_last(later: Desk) -> None:
    last = later.service.seq
    for seq in (*range(last - MOST_PAST_WORLDS, last + 1), last - 1):
        assert later.ask("admin", "GET", f"/v1/sites?known_at={seq}").status_code == 200
    kept = list(later.service.past._kept)
    assert len(kept) == MOST_PAST_WORLDS and kept[-2:] == [last, last - 1]


def test_nobody_waits_for_who_looks_back(later: Desk) -> None:
    held = threading.Event()
    with later.service.past._lock:  # as if a long fold went on

        def look() -> None:
            later.ask("admin", "GET", f"/v1/leases?known_at={YESTERDAY}")
            held.set()

        looking = threading.Thread(target=look)
        looking.start()
        time.sleep(0.05)
        assert later.ask("admin", "GET", "/v1/leases").status_code == 200
        body = {"id": "oslo", "power_mw": 15, "pue": "1.1"}
        assert later.ask("admin", "PUT", "/v1/sites/oslo", body).status_code == 200
        assert later.ask("admin", "GET", "/v1/audit").status_code == 200
        assert not held.is_set()
    looking.join(10)
    assert held.is_set()


def test_a_booking_made_meanwhile_is_not_in_what_was_known(later: Desk) -> None:
    before = ids(later.ask("admin", "GET", f"/v1/leases?known_at={YESTERDAY}"))
    ask = Ask(pool="oslo-h100", gpus=8, start_at=day(2), end_at=day(4))
    more = Book(id="more", lease="more", tenant="research", asks=(ask,), terms="reserved",
                value=booked("x", "research", 8, "1").value)  # fmt: skip
    later.service.shared.say(Said(more, Author("shell:desk"))).result()
    assert ids(later.ask("admin", "GET", f"/v1/leases?known_at={YESTERDAY}")) == before
