"""Who may ask: checks of `Host` and `Origin` for every request and websocket, and the token."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from leukoscope.web.api.problems import problem

COOKIE = "leukoscope_session"
SESSION_S = 12 * 3600
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/login"})
_HOST = re.compile(r"(?:\[(?P<ipv6>[\w:.%-]+)\]|(?P<name>[\w.-]+))(?::[0-9]{1,5})?", re.ASCII)
"""RFC 9110, section 7.2: a host and perhaps a port; no user before it and nothing after it."""


@dataclass(frozen=True, slots=True)
class AccessRules:
    """Who may ask.

    Attributes:
        token: What callers must show; None lets everyone in who reaches the port.
        host_names: Names under which the server may be addressed, besides `localhost` and plain IP addresses (which
            a rebound DNS name cannot forge).
    """

    token: str | None = field(default=None, repr=False)
    host_names: frozenset[str] = frozenset()

    def host_allowed(self, host: str) -> bool:
        """Whether the value of a `Host` header may be answered.

        Example:
            >>> rules = AccessRules(host_names=frozenset({"lab.example"}))
            >>> [rules.host_allowed(one) for one in ("127.0.0.1:8000", "[::1]", "lab.example:80", "evil.example", "")]
            [True, True, True, False, False]
        """
        parts = _HOST.fullmatch(host)
        if parts is None:
            return False
        if parts["ipv6"]:
            return _is_address(parts["ipv6"], 6)
        name = parts["name"].lower().rstrip(".")
        return name == "localhost" or name in self.host_names or _is_address(name, 4)

    def token_right(self, offered: str) -> bool:
        """Compare in constant time; always true without a token."""
        return self.token is None or hmac.compare_digest(_digest(offered), _digest(self.token))

    def make_cookie(self, now_s: float) -> str:
        """A session that ends after `SESSION_S`; it proves the token was known and does not contain it."""
        end = str(int(now_s) + SESSION_S)
        return f"{end}.{self._signature(end)}"

    def cookie_right(self, cookie: str, now_s: float) -> bool:
        """Whether a session was made here with this token and has not ended."""
        end, _, signature = cookie.partition(".")
        genuine = hmac.compare_digest(signature.encode(), self._signature(end).encode())
        return genuine and end.isdecimal() and int(end) > now_s

    def _signature(self, end: str) -> str:
        key = f"leukoscope session {self.token}".encode()
        return hmac.new(key, end.encode(), hashlib.sha256).hexdigest()


class Guard:
    """Refuses what the rules do not allow, before anything else sees it."""

    def __init__(self, app: ASGIApp, rules: AccessRules) -> None:
        self._app, self._rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope, Headers(scope=scope))
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
        else:
            await refusal(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        host = headers.get("host", "")
        if not self._rules.host_allowed(host):
            return problem(
                HTTPStatus.BAD_REQUEST,
                f"This server is not known as {host[:80]!r}.",
                hint="Use its IP address, or name it with LEUKOSCOPE_ALLOWED_HOSTS.",
            )
        if not _same_origin(headers.get("origin"), host):
            return problem(HTTPStatus.FORBIDDEN, "Requests from pages of other sites are refused.")
        if scope["path"] in OPEN_PATHS or self._known(headers):
            return None
        if "text/html" in headers.get("accept", "") and not scope["path"].startswith("/api/v1/"):
            return RedirectResponse(f"/login?next={quote(scope['path'], safe='/')}", HTTPStatus.SEE_OTHER)
        return problem(
            HTTPStatus.UNAUTHORIZED,
            "This server asks for a token.",
            hint="Send it as `Authorization: Bearer TOKEN`, or log in with a browser.",
            headers={"WWW-Authenticate": "Bearer"},
        )

    def _known(self, headers: Headers) -> bool:
        if self._rules.token is None:
            return True
        scheme, _, offered = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._rules.token_right(offered.strip()):
            return True
        return self._rules.cookie_right(_cookie(headers.get("cookie", "")), time.time())


def _is_address(name: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(name).version == version
    except ValueError:
        return False


def _digest(secret: str) -> bytes:
    # compare_digest tells the lengths apart; digests are equally long.
    return hashlib.sha256(secret.encode()).digest()


def _same_origin(origin: str | None, host: str) -> bool:
    # Only browsers send Origin; behind a TLS proxy the scheme differs, so host and port decide.
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:  # such as "http://["
        return False


def _cookie(header: str) -> str:
    try:
        jar = SimpleCookie(header)
    except CookieError:
        return ""
    return jar[COOKIE].value if COOKIE in jar else ""
