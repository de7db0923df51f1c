"""A provider whose answers are wrong in one thing is not believed, and what was wrong is told to nobody."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from scarmass.api.openid import Attempt, OpenId
from scarmass.domain.access import Role
from scarmass.domain.errors import ProviderRefused
from scarmass.domain.login import Provider
from tests.api.running import run

ISSUER, BACK = "https://login.example", "https://scar.example/login/callback"
KEY, OTHER_KEY = (RSAKey.generate_key(2048, {"kid": kid}) for kid in ("one", "two"))
PROVIDER = Provider(ISSUER, "scarmass", "secret", roles={"readers": frozenset({Role.READER})})
ATTEMPT = Attempt(state="state", nonce="nonce", code_verifier="v" * 48, next="/")


class Fake:
    """What the provider answers; tests change one thing of it."""

    def __init__(self) -> None:
        now = int(time.time())
        self.discovery: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "userinfo_endpoint": f"{ISSUER}/userinfo",
            "jwks_uri": f"{ISSUER}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }
        self.claims: dict[str, Any] = {
            "iss": ISSUER,
            "sub": "anna-1",
            "aud": "scarmass",
            "iat": now,
            "exp": now + 300,
            "nonce": "nonce",
        }
        self.header: dict[str, str] = {"alg": "RS256", "kid": "one"}
        self.key: RSAKey | OctKey = KEY
        self.userinfo: dict[str, Any] = {"sub": "anna-1", "name": "Anna", "groups": ["readers"]}
        self.token: dict[str, Any] = {}
        self.asked: dict[str, list[str]] = {}

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        match request.url.path:
            case "/.well-known/openid-configuration":
                return httpx2.Response(200, json=self.discovery)
            case "/keys":
                return httpx2.Response(200, json={"keys": [KEY.as_dict(private=False)]})
            case "/userinfo":
                return httpx2.Response(200, json=self.userinfo)
        self.asked = parse_qs(request.content.decode())
        id_token = jwt.encode(self.header, self.claims, self.key, algorithms=["RS256", "HS256", "none"])
        return httpx2.Response(
            200, json={"access_token": "a", "token_type": "Bearer", "id_token": id_token, **self.token}
        )

    def claims_for(self, answered: dict[str, str]) -> dict[str, Any]:
        openid = OpenId(PROVIDER)
        openid._client.client_kwargs["transport"] = httpx2.MockTransport(self.answer)
        return run(openid.claims(BACK, ATTEMPT, answered))


ANSWERED = {"state": "state", "code": "code"}


def test_what_it_says_in_the_id_token_counts_before_userinfo() -> None:
    fake = Fake()
    fake.userinfo["email"], fake.claims["email"] = "other@x.example", "anna@x.example"
    claims = fake.claims_for(ANSWERED)
    assert (claims["sub"], claims["groups"], claims["email"]) == ("anna-1", ["readers"], "anna@x.example")
    assert fake.asked["code_verifier"] == [ATTEMPT.code_verifier]
    assert fake.asked["redirect_uri"] == [BACK]


def shared_secret(fake: Fake) -> None:
    fake.header, fake.key = {"alg": "HS256"}, OctKey.import_key("secret" * 8)


def unsigned(fake: Fake) -> None:
    fake.header = {"alg": "none"}


def of_another_key(fake: Fake) -> None:
    fake.key = OTHER_KEY


LIES: dict[str, Callable[[Fake], Any]] = {
    "another issuer": lambda fake: fake.claims.update(iss="https://evil.example"),
    "another audience": lambda fake: fake.claims.update(aud="other", azp="scarmass"),
    "another nonce": lambda fake: fake.claims.update(nonce="old"),
    "no nonce": lambda fake: fake.claims.pop("nonce"),
    "no subject": lambda fake: fake.claims.pop("sub"),
    "expired": lambda fake: fake.claims.update(exp=int(time.time()) - 3600),
    "signed with the client's secret": shared_secret,
    "not signed": unsigned,
    "signed with another key": of_another_key,
    "no ID token": lambda fake: fake.token.update(id_token=""),
    "an error": lambda fake: fake.token.update(error="invalid_grant"),
    "another one in userinfo": lambda fake: fake.userinfo.update(sub="bert-2"),
    "another name": lambda fake: fake.discovery.update(issuer="https://login.example/"),
    "no keys": lambda fake: fake.discovery.pop("jwks_uri"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_not_believed(lie: str) -> None:
    fake = Fake()
    LIES[lie](fake)
    with pytest.raises(ProviderRefused):
        fake.claims_for(ANSWERED)


@pytest.mark.parametrize(
    "answered",
    [
        {"code": "code"},
        {"state": "other", "code": "code"},
        {"state": "state"},
        {"state": "state", "code": "code", "error": "access_denied"},
        {"state": "state", "code": "code", "iss": "https://evil.example"},
    ],
)
def test_an_answer_to_something_else_never_reaches_the_provider(answered: dict[str, str]) -> None:
    fake = Fake()
    with pytest.raises(ProviderRefused):
        fake.claims_for(answered)
    assert fake.asked == {}


@pytest.mark.parametrize("cookie", [None, "", "x", "bnVsbA==", "W10=", "eyJhIjogMX0=", "W1tb" * 500])
def test_a_cookie_that_we_did_not_make_is_no_attempt(cookie: str | None) -> None:
    with pytest.raises(ProviderRefused):
        Attempt.of_cookie(cookie)
    assert Attempt.of_cookie(ATTEMPT.to_cookie()) == ATTEMPT
