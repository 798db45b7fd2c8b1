"""People sign in at a real OpenID provider over HTTP, and their groups give them a role."""

import re
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2 as httpx
import pytest
from starlette.testclient import TestClient

from neocloud.api.app import create_app
from neocloud.api.credentials import COOKIE
from neocloud.api.oidc import Provider, SignIn, sign_in_settings
from neocloud.api.service import Service
from neocloud.errors import Invalid
from neocloud.model.entries import EMPTY, read
from neocloud.operations.directory import create_directory

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the provider's own, in its thread

NOW = 1_767_225_600
PEOPLE = {
    "ada": {"email": "ada@example.com", "groups": ["everyone", "desk"]},
    "max": {"email": "max@example.com", "groups": ["everyone"]},
    "eve": {"groups": ["admins", "desk"]},
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The address of a real provider on this machine."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mock = pytest.importorskip("oidc_provider_mock")
        users = [mock.User(sub=name, claims=claims) for name, claims in PEOPLE.items()]
        with mock.run_server_in_thread(user_claims=users, require_nonce=True) as server:
            yield f"http://localhost:{server.server_port}"


class Browser:
    """A browser: our service at `desk`, and the provider elsewhere."""

    def __init__(self, client: TestClient) -> None:
        self.desk = client
        self.elsewhere = httpx.Client()

    def sign_in(self, name: str, to: str = "/v1/me") -> httpx.Response:
        """Go through all of it; the answer to the callback."""
        begun = self.desk.get("/v1/sign-in", params={"to": to}, follow_redirects=False)
        assert begun.status_code == 303, begun.text
        return self.desk.get(self.back_from(begun.headers["location"], name), follow_redirects=False)

    def back_from(self, address: str, name: str) -> str:
        """Where the provider sends somebody back to who has said who it is."""
        page = self.elsewhere.get(address)
        form = re.search(r'<form[^>]*action="([^"]*)"', page.text)
        where = urljoin(address, form[1].replace("&amp;", "&")) if form and form[1] else address
        answer = self.elsewhere.post(where, data={"sub": name}, follow_redirects=False)
        back = urlsplit(answer.headers["location"])
        return f"{back.path}?{back.query}"


@pytest.fixture
def service(tmp_path: Path, issuer: str) -> Service:
    ledger = create_directory(tmp_path / "desk", journal=None, now=NOW - 60)
    said = SignIn(
        issuer=issuer, client_id="neocloud", client_secret="s", roles={"admin": ["admins"], "sales": ["desk"]}
    )

    url = f"sqlite:{tmp_path / 'desk' / 'journal.sqlite'}"
    return Service(ledger, url, tmp_path / "desk", lambda: int(time.time()), Provider(said))


@pytest.fixture
def browser(service: Service) -> Iterator[Browser]:
    with TestClient(create_app(service), base_url="http://localhost:8080") as client:
        yield Browser(client)


def test_who_signs_in_has_the_strongest_role_of_its_groups(browser: Browser) -> None:
    answer = browser.sign_in("eve")
    assert (answer.status_code, answer.headers["location"]) == (303, "/v1/me")
    me = browser.desk.get("/v1/me").json()
    assert (me["role"], me["person"]) == ("admin", "eve"), "without an e-mail the subject names the person"
    browser.desk.cookies.clear()
    browser.sign_in("ada")
    assert browser.desk.get("/v1/me").json()["role"] == "sales"


def test_the_journal_says_which_person_said_it(browser: Browser, service: Service) -> None:
    browser.sign_in("ada")
    body = {"id": "acme", "kind": "customer"}
    ours = {"Sec-Fetch-Site": "same-origin"}
    assert browser.desk.put("/v1/tenants/acme", json=body, headers=ours).status_code == 201
    entries = [each for each, _ in read(EMPTY, service.shared.ledger.journal.batches())]
    assert entries[-1][-1].by == "person:ada@example.com"


def test_the_cookie_is_out_of_reach_for_scripts_and_for_other_sites(browser: Browser) -> None:
    cookies = browser.sign_in("ada").headers.get_list("set-cookie")
    (cookie,) = [each for each in cookies if each.startswith(COOKIE)]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    body = {"id": "acme", "kind": "customer"}
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        answer = browser.desk.put("/v1/tenants/acme", json=body, headers=headers)
        assert answer.status_code == 403
        assert "page of this service" in answer.json()["detail"]
    same = {"Origin": "http://localhost:8080"}
    assert browser.desk.put("/v1/tenants/acme", json=body, headers=same).status_code == 201


def test_a_person_without_a_group_that_counts_has_no_role(browser: Browser) -> None:
    answer = browser.sign_in("max")
    assert answer.status_code == 403
    assert "none of your groups" in answer.json()["detail"]
    assert COOKIE not in browser.desk.cookies


def test_a_sign_in_that_was_not_begun_here_is_not_ended_here(browser: Browser) -> None:
    begun = browser.desk.get("/v1/sign-in", follow_redirects=False)
    back = browser.back_from(begun.headers["location"], "eve")
    browser.desk.cookies.clear()
    assert browser.desk.get(back, follow_redirects=False).status_code == 401


def test_a_code_is_good_once_and_a_forged_one_never(browser: Browser) -> None:
    begun = browser.desk.get("/v1/sign-in", follow_redirects=False)
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    forged = browser.desk.get(
        "/v1/sign-in/callback", params={"code": "forged", "state": state}, follow_redirects=False
    )
    assert forged.status_code == 401
    assert browser.desk.get("/v1/me").status_code == 401


def test_signing_out_ends_the_key_and_not_only_the_cookie(browser: Browser, service: Service) -> None:
    browser.sign_in("ada")
    token = browser.desk.cookies[COOKIE]
    assert browser.desk.post("/v1/sign-out", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 204
    shown = browser.desk.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert shown.status_code == 401


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "v1/me"])
def test_nobody_is_sent_elsewhere_after_it(browser: Browser, to: str) -> None:
    assert browser.desk.get("/v1/sign-in", params={"to": to}, follow_redirects=False).status_code == 400


def test_a_provider_that_is_away_is_the_worlds_fault(tmp_path: Path) -> None:
    ledger = create_directory(tmp_path / "desk", journal=None, now=NOW)
    nobody = Provider(SignIn(issuer="http://localhost:9", client_id="neocloud"))
    url = f"sqlite:{tmp_path / 'desk' / 'journal.sqlite'}"
    with TestClient(create_app(Service(ledger, url, tmp_path, lambda: NOW, nobody))) as client:
        answer = client.get("/v1/sign-in", follow_redirects=False)
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


def test_settings_say_which_field_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "neocloud.toml"
    file.write_text('journal = "sqlite:j"\n[sign_in]\nissuer = "https://id.example"\nclient_id = "n"\nrole = 3\n')
    with pytest.raises(Invalid, match=r"neocloud.toml \[sign_in\]: there is no field 'role' here"):
        sign_in_settings(tmp_path)
    file.write_text('journal = "sqlite:j"\n[sign_in]\nissuer = "https://id.example"\nclient_id = "n"\n')
    found = sign_in_settings(tmp_path, "secret")
    assert found is not None
    assert found.client_secret == "secret"
    file.write_text('journal = "sqlite:j"\n')
    assert sign_in_settings(tmp_path) is None
