"""An OpenID Connect provider, as its client speaks to it: the authorization code flow with PKCE, state and nonce."""

import base64
import json
import logging
import secrets
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from joserfc.errors import JoseError

from scarmass.domain.errors import ProviderRefused, ProviderUnreachable
from scarmass.domain.login import Provider

log = logging.getLogger(__name__)

ALGORITHMS = ("RS256", "PS256", "ES256", "RS384", "PS384", "ES384", "RS512", "PS512", "ES512", "EdDSA", "Ed25519")
"""Of ID tokens: those whose key only the provider has."""
SECONDS = 10
LEEWAY_S = 60
"""So much may the clocks differ."""


@dataclass(frozen=True)
class Attempt:
    """What a browser keeps between being sent to the provider and coming back. next: where it goes on then."""

    state: str
    nonce: str
    code_verifier: str
    next: str

    def to_cookie(self) -> str:
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()

    @staticmethod
    def of_cookie(cookie: str | None) -> "Attempt":
        """Raises ProviderRefused."""
        try:
            kept = json.loads(base64.urlsafe_b64decode(cookie or ""))
            attempt = Attempt(**kept)
            if all(isinstance(value, str) and value.isascii() for value in kept.values()):
                return attempt
        except (ValueError, TypeError, RecursionError):
            pass
        raise ProviderRefused("this browser was not on its way to sign in, or took too long: begin anew")


class OpenId:
    """One provider. Its discovery document is fetched once, and its keys again where a token names another one."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        told: dict[str, Any] = {
            "scope": " ".join(provider.scopes),
            "code_challenge_method": "S256",
            "timeout": SECONDS,
        }
        if provider.authority is not None:
            told["verify"] = ssl.create_default_context(cafile=str(provider.authority))
        self._client: Any = OAuth().register(
            "provider",
            client_id=provider.client_id,
            client_secret=provider.client_secret,
            server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs=told,
        )

    async def begin(self, redirect_uri: str, next: str) -> tuple[str, Attempt]:
        """Where the browser goes, and what it keeps. Raises ProviderUnreachable, ProviderRefused."""
        prompt = {"prompt": self.provider.prompt} if self.provider.prompt else {}
        with _as_facts():
            await self._metadata()
            asked = await self._client.create_authorization_url(redirect_uri, **prompt)
        return asked["url"], Attempt(asked["state"], asked["nonce"], asked["code_verifier"], next)

    async def claims(self, redirect_uri: str, attempt: Attempt, answered: Mapping[str, str]) -> dict[str, Any]:
        """What the provider says of whoever came back with this answer: the ID token's claims and userinfo's.

        Raises ProviderUnreachable, ProviderRefused.
        """
        if not secrets.compare_digest(answered.get("state", "").encode(), attempt.state.encode()):
            raise ProviderRefused("the answer belongs to another sign-in: begin anew")
        if answered.get("iss", self.provider.issuer) != self.provider.issuer:
            raise ProviderRefused("the answer comes from another provider")
        if "error" in answered or not answered.get("code"):
            raise ProviderRefused("the provider did not sign you in")
        with _as_facts():
            metadata = await self._metadata()
            token = await self._client.fetch_access_token(
                redirect_uri, code=answered["code"], code_verifier=attempt.code_verifier
            )
            if "id_token" not in token:
                raise ProviderRefused("the provider sent no ID token")
            must = {"iss": self.provider.issuer, "aud": self.provider.client_id}
            options = {name: {"essential": True, "value": value} for name, value in must.items()}
            claims = await self._client.parse_id_token(token, attempt.nonce, options, leeway=LEEWAY_S)
            more = await self._client.userinfo(token=token) if metadata.get("userinfo_endpoint") else {}
        if more.get("sub", claims["sub"]) != claims["sub"]:
            raise ProviderRefused("the provider says two different things of who it is")
        return {**more, **claims}

    async def _metadata(self) -> Mapping[str, Any]:
        metadata = await self._client.load_server_metadata()
        if metadata.get("issuer") != self.provider.issuer:
            raise ProviderRefused(f"the provider calls itself {metadata.get('issuer')}, and the settings do not")
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = [one for one in offered if one in ALGORITHMS]
        return metadata


@contextmanager
def _as_facts() -> Iterator[None]:
    """What goes wrong between us and the provider, told without what was sent."""
    try:
        yield
    except httpx2.HTTPError as error:
        log.warning("the provider at which people sign in does not answer: %r", error)
        raise ProviderUnreachable("the provider at which people sign in does not answer: try again later") from error
    except (AuthlibBaseError, JoseError, RuntimeError, ValueError, TypeError, KeyError) as error:
        log.warning("a sign-in at the provider came to nothing: %r", error)
        raise ProviderRefused("what the provider says of you cannot be believed: begin anew") from error
