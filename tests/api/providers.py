"""OpenID Connect providers that tests start, and a person who signs in at them as with a browser."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import httpx2
from fastapi.testclient import TestClient
from oidc_provider_mock import User, run_server_in_thread

from scarmass.domain.access import Role
from scarmass.domain.login import Login, Provider
from scarmass.paths import FRONTEND
from tests.api.signed_in import SERVER

CALLBACK = f"{SERVER}/login/callback"
SECRET = "a secret of the tests alone"
Claims = dict[str, object]

PEOPLE: dict[str, Claims] = {
    "anna-1": {
        "name": "Dr Anna Berg",
        "email": "anna@x.example",
        "groups": ["readers", "signers", "cardiology"],
    },
    "bert-2": {"name": "Bert Boss", "groups": ["administrators"]},
    "cleo-3": {"name": "Dr Anna Berg", "preferred_username": "cleo", "groups": ["readers"]},
    "dora-4": {"name": "Dora", "groups": ["kitchen"]},
}


@dataclass(frozen=True)
class Running:
    """A provider. agree: sign in as a subject, from the address that we sent the browser to; answers where the provider
    sends it back. change: let the provider say other things of a subject."""

    issuer: str
    agree: Callable[[str, str], str]
    change: Callable[[str, Claims], None]

    @property
    def login(self) -> Login:
        return Login(
            provider=Provider(
                issuer=self.issuer,
                client_id="scarmass",
                client_secret=SECRET,
                roles={
                    "readers": frozenset({Role.READER}),
                    "signers": frozenset({Role.SIGNER}),
                    "administrators": frozenset({Role.ADMINISTRATOR}),
                },
                study_groups={"cardiology": frozenset({"heart"}), "administrators": frozenset({"*"})},
                label="Sign in at the hospital",
            )
        )


@contextmanager
def mock() -> Iterator[Running]:
    """oidc-provider-mock: quick, takes any client."""
    with run_server_in_thread(user_claims=[User(sub=sub, claims=claims) for sub, claims in PEOPLE.items()]) as server:
        issuer = f"http://localhost:{server.server_port}"

        def agree(address: str, subject: str) -> str:
            return httpx.post(address, data={"sub": subject}).headers["location"]

        def change(subject: str, claims: Claims) -> None:
            httpx.put(f"{issuer}/users/{subject}", json=claims).raise_for_status()

        yield Running(issuer, agree, change)


@contextmanager
def strict(port: int) -> Iterator[Running]:
    """oidc-provider of npm: wants PKCE and its client's secret, tells claims by userinfo alone."""
    script = Path(__file__).with_name("oidc_provider.mjs")
    command = ["node", str(script), str(FRONTEND / "package.json"), str(port), CALLBACK, json.dumps(PEOPLE)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as process:
        said = process.stdout
        assert said is not None
        try:
            assert "listening\n" in iter(said.readline, "")

            def change(subject: str, claims: Claims) -> None:
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write(json.dumps({subject: claims}) + "\n")
                process.stdin.flush()
                assert "changed\n" in iter(said.readline, "")  # warnings come before

            yield Running(f"http://127.0.0.1:{port}", _through_its_forms, change)
        finally:
            process.terminate()


def _through_its_forms(address: str, subject: str) -> str:
    """Its sign-in form, then its consent, until it sends the browser away."""
    own = urlsplit(address).netloc
    with httpx.Client() as browser:
        while urlsplit(address).netloc == own:
            answer = browser.get(address)
            if not answer.has_redirect_location:
                form = urljoin(address, re.findall(r'<form[^>]* action="([^"]+)"', answer.text)[0])
                prompt = re.findall(r'name="prompt" value="(\w+)"', answer.text)[0]
                answer = browser.post(form, data={"prompt": prompt, "login": subject, "password": "any"})
            address = urljoin(address, answer.headers["location"])
    return address


def sent_to(client: TestClient, next: str = "/") -> str:
    """Where we send the browser that wants to sign in."""
    answer = client.get("/login/provider", params={"next": next}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def come_back(client: TestClient, address: str) -> httpx2.Response:
    parts = urlsplit(address)
    assert address.startswith(CALLBACK), address
    return client.get(parts.path, params={key: value[0] for key, value in parse_qs(parts.query).items()})


def sign_in(client: TestClient, provider: Running, subject: str, next: str = "/") -> httpx2.Response:
    return come_back(client, provider.agree(sent_to(client, next), subject))


def with_provider(login: Login, **changes: object) -> Login:
    assert login.provider is not None
    return replace(login, provider=replace(login.provider, **changes))  # type: ignore[arg-type]
