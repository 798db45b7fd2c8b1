"""The page of the API says what roles may do, and which status each answer of no has, as it is."""

import re
from pathlib import Path

from neocloud.api.guards import body_of
from neocloud.api.problems import STATUS
from neocloud.rules.access import EVERYTHING, ROLES
from tests.docs.test_docs import rows


def test_every_permission_is_on_the_page_with_the_roles_that_have_it_and_no_other_is() -> None:
    head, *written = [row for row in rows("api.md") if len(row) == 1 + len(ROLES)]
    assert head[1:] == list(ROLES)
    found = {
        row[0].strip("`"): {role for role, cell in zip(head[1:], row[1:], strict=True) if cell} for row in written
    }
    assert found == {name: {role for role in ROLES if name in ROLES[role]} for name in EVERYTHING}


def test_every_answer_of_no_is_on_the_page_with_its_status_and_no_other_is() -> None:
    written = {
        (int(row[0]), row[1], row[2].strip("`")) for row in rows("api.md") if len(row) == 3 and row[0].isdigit()
    }
    assert written == {(status, each.__name__, each.code) for each, status in STATUS.items()}


def test_the_codes_of_http_on_the_page_are_those_that_are_said() -> None:
    api = Path(body_of.__code__.co_filename).parent
    code = " ".join(path.read_text("utf-8") for path in api.glob("*.py"))
    said = set(re.findall(r'"(http\.[a-z_]+|service\.failed)"', code)) - {"http.disconnect", "http.wrong"}
    page = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text("utf-8")
    assert set(re.findall(r"`(http\.[a-z_]+|service\.failed)`", page)) == said
