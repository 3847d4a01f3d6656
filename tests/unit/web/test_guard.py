from collections.abc import Iterator

import pytest
from fastapi import FastAPI, WebSocket
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from fakes.desk import Desk
from leukoscope.web.app import create_api
from leukoscope.web.guard import COOKIE, SESSION_S, AccessRules, Guard

TOKEN = "correct horse battery"  # noqa: S105
BASE = "http://127.0.0.1:8000"
PAGE = {"accept": "text/html"}


@pytest.fixture
def guarded(desk: Desk) -> Iterator[TestClient]:
    rules = AccessRules(TOKEN, frozenset({"lab.example"}))
    with TestClient(create_api(desk.service, desk.worker, rules), base_url=BASE, follow_redirects=False) as client:
        yield client


@pytest.fixture
def sockets() -> TestClient:
    app = FastAPI()

    @app.websocket("/_nicegui_ws/socket.io/")
    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("in")

    app.add_middleware(Guard, rules=AccessRules())
    return TestClient(app, base_url=BASE)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil.example", "[bad"])
def test_a_rebound_name_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/healthz", headers={"host": host})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example@127.0.0.1",
        "127.0.0.1:8401.evil.com",
        "127.0.0.1:",
        "127.0.0.1:port",
        "127.0.0.1/evil.example",
        "127.0.0.1 evil.example",
        "127.0.0.1\n",
        "[::1]evil.example",
        "[localhost]",
        "[127.0.0.1]",
        "::1",
        "lab.example:80@evil.example",
    ],
)
def test_a_host_is_a_name_or_address_with_perhaps_a_port_and_nothing_else(host: str) -> None:
    assert not AccessRules(host_names=frozenset({"lab.example"})).host_allowed(host)


@pytest.mark.parametrize("host", ["LocalHost.", "Lab.Example:443", "127.0.0.1:65535", "[FE80::1]", "[fe80::1%eth0]:80"])
def test_a_host_may_be_written_in_any_case_and_with_a_port(host: str) -> None:
    assert AccessRules(host_names=frozenset({"lab.example"})).host_allowed(host)


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "10.0.0.7"])
def test_this_machine_and_addresses_are_served(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200


def test_a_named_host_is_served(guarded: TestClient) -> None:
    assert guarded.get("/healthz", headers={"host": "lab.example"}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "https://localhost:8000", "http://["]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_pages_of_other_sites_may_not_ask(client: TestClient, method: str, origin: str) -> None:
    answer = client.request(method, "/api/v1/analyses/x", headers={"origin": origin})
    assert answer.status_code == 403


def test_our_own_pages_and_programs_may_ask(client: TestClient) -> None:
    assert client.get("/api/v1/models", headers={"origin": BASE}).status_code == 200
    assert client.get("/api/v1/models").status_code == 200


@pytest.mark.parametrize("headers", [{"origin": "http://evil.example"}, {"host": "evil.example"}, {"origin": "null"}])
def test_websockets_are_checked_too(sockets: TestClient, headers: dict[str, str]) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        sockets.websocket_connect("/_nicegui_ws/socket.io/", headers={"host": "127.0.0.1:8000"} | headers),
    ):
        pass


def test_our_own_websocket_is_let_in(sockets: TestClient) -> None:
    headers = {"origin": BASE, "host": "127.0.0.1:8000"}
    with sockets.websocket_connect("/_nicegui_ws/socket.io/", headers=headers) as socket:
        assert socket.receive_text() == "in"


def test_without_the_token_nothing_but_health_and_login_is_answered(guarded: TestClient) -> None:
    for path in ("/api/v1/models", "/api/openapi.json", "/api/docs", "/", "/_nicegui_ws/socket.io/"):
        answer = guarded.get(path)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    for path in ("/healthz", "/readyz", "/login"):
        assert guarded.get(path).status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Bearer ", f"Basic {TOKEN}", TOKEN])
def test_a_wrong_token_is_refused(guarded: TestClient, header: str) -> None:
    assert guarded.get("/api/v1/models", headers={"authorization": header}).status_code == 401


def test_the_token_lets_programs_in(guarded: TestClient) -> None:
    assert guarded.get("/api/v1/models", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_browsers_are_led_to_the_login_and_back(guarded: TestClient) -> None:
    sent = guarded.get("/analyses/abc", headers=PAGE)
    assert (sent.status_code, sent.headers["location"]) == (303, "/login?next=/analyses/abc")
    form = guarded.get(sent.headers["location"])
    assert 'value="/analyses/abc"' in form.text
    back = guarded.post("/login", data={"token": TOKEN, "next": "/analyses/abc"}, headers={"origin": BASE})
    assert (back.status_code, back.headers["location"]) == (303, "/analyses/abc")
    cookie = back.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert TOKEN not in cookie
    assert guarded.get("/api/v1/models").status_code == 200  # the client kept the cookie


def test_a_wrong_token_at_the_login_sets_no_cookie(guarded: TestClient) -> None:
    answer = guarded.post("/login", data={"token": "guess"})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "not the token" in answer.text


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "/a\nb"])
def test_the_login_leads_nowhere_else(guarded: TestClient, elsewhere: str) -> None:
    answer = guarded.post("/login", data={"token": TOKEN, "next": elsewhere})
    assert answer.headers["location"] == "/"


def test_the_login_shows_what_it_is_given_as_text(guarded: TestClient) -> None:
    page = guarded.get("/login", params={"next": '/"><script>alert(1)</script>'}).text
    assert "<script>" not in page


def test_a_large_login_form_is_refused(guarded: TestClient) -> None:
    assert guarded.post("/login", data={"token": "x" * 10_000}).status_code == 413


@pytest.mark.parametrize("cookie", ["", "x", "9999999999.", "9999999999.abc", ".", "é.é", "9" * 400 + ".x"])
def test_a_made_up_session_is_refused(guarded: TestClient, cookie: str) -> None:
    headers = {"cookie": f"{COOKIE}={cookie}".encode()}
    assert guarded.get("/api/v1/models", headers=headers).status_code == 401


def test_a_session_ends_and_belongs_to_one_token() -> None:
    rules = AccessRules(TOKEN)
    cookie = rules.make_cookie(1000.0)
    assert rules.cookie_right(cookie, 1000.0 + SESSION_S - 1)
    assert not rules.cookie_right(cookie, 1000.0 + SESSION_S)
    assert not AccessRules("another token").cookie_right(cookie, 1000.0)


def test_the_token_is_not_printed() -> None:
    assert TOKEN not in repr(AccessRules(TOKEN))


def test_every_answer_forbids_framing_and_guessing(client: TestClient) -> None:
    for answer in (client.get("/healthz"), client.get("/nowhere"), client.get("/healthz", headers={"host": "evil"})):
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
