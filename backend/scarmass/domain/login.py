"""How people sign in: the terms that the settings name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from scarmass.domain.access import Role

EVERY_GROUP = "*"
"""Stands for all study groups where a claim's value is mapped."""


@dataclass(frozen=True)
class Provider:
    """An OpenID Connect provider, and what its claims mean here.

    roles_claim: where the values stand that roles and study_groups map; a dot goes into a nested claim. study_groups:
    empty where everybody sees every study. prompt: what the provider is asked to ask ("login": the password, each
    time). authority: a file of the certificates that are believed, None for the system's. label: of the button.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    roles: Mapping[str, frozenset[Role]]
    study_groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    roles_claim: str = "groups"
    name_claim: str = "name"
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    prompt: str = ""
    authority: Path | None = None
    label: str = "Sign in"

    def roles_of(self, values: frozenset[str]) -> frozenset[Role]:
        """The roles that any of the claim's values gives."""
        return frozenset().union(*(self.roles.get(value, ()) for value in values))

    def study_groups_of(self, values: frozenset[str]) -> frozenset[str] | None:
        """The study groups that the claim's values give, None for every study."""
        if not self.study_groups:
            return None
        groups = frozenset().union(*(self.study_groups.get(value, ()) for value in values))
        return None if EVERY_GROUP in groups else groups


@dataclass(frozen=True)
class Login:
    """idle: a session that is not used for so long ends. longest: so does one that is this old.

    public_address: where browsers reach the server, None where that is the address that it listens on.
    """

    local_accounts: bool = False
    provider: Provider | None = None
    idle: timedelta = timedelta(minutes=60)
    longest: timedelta = timedelta(hours=12)
    public_address: str | None = None

    @property
    def kind(self) -> str:
        """local, provider, or local and provider."""
        ways = {"local": self.local_accounts, "provider": self.provider is not None}
        return " and ".join(name for name, is_on in ways.items() if is_on)

    @property
    def is_encrypted(self) -> bool:
        """Do browsers come over https?"""
        return (self.public_address or "").startswith("https://")
