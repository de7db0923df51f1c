"""Who may do what: persons and services with roles, and the groups of studies that they see."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from scarmass.domain.errors import NotAllowed


class Role(StrEnum):
    """reader: draws and measures. signer: a reader who also signs. study_manager: what is stored, and reader studies.
    administrator: people, tokens, the record of what was done. service: another program."""

    READER = "reader"
    SIGNER = "signer"
    STUDY_MANAGER = "study_manager"
    ADMINISTRATOR = "administrator"
    SERVICE = "service"


class Permission(StrEnum):
    """view: patients, images, readings and results. store: bring studies in. ask: ask the models, without a reading.
    read: begin and change readings. sign: sign, amend and send. manage: remove studies, the network, reader studies,
    study groups. administer: people, tokens and the audit trail. monitor: what the server tells of itself."""

    VIEW = "view"
    STORE = "store"
    ASK = "ask"
    READ = "read"
    SIGN = "sign"
    MANAGE = "manage"
    ADMINISTER = "administer"
    MONITOR = "monitor"


_READER = frozenset({Permission.VIEW, Permission.STORE, Permission.ASK, Permission.READ})

PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.READER: _READER,
        Role.SIGNER: _READER | {Permission.SIGN},
        Role.STUDY_MANAGER: frozenset({Permission.VIEW, Permission.STORE, Permission.MANAGE}),
        Role.ADMINISTRATOR: frozenset({Permission.ADMINISTER, Permission.MONITOR}),
        Role.SERVICE: frozenset({Permission.VIEW, Permission.STORE, Permission.ASK, Permission.MONITOR}),
    }
)
"""An administrator sees no patients unless another role says so."""


@dataclass(frozen=True)
class Person:
    """Somebody who signed in, or a service that showed its token.

    name: the reader's, on readings and reports; no two persons share one. study_groups: the groups whose studies are
    seen, None for every study. only: the permissions that a token was given of its roles', None for all of them.
    """

    person_id: uuid.UUID
    name: str
    roles: frozenset[Role] = field(default_factory=frozenset)
    study_groups: frozenset[str] | None = None
    only: frozenset[Permission] | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        given = frozenset().union(*(PERMISSIONS[role] for role in self.roles))
        return given if self.only is None else given & self.only

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raises NotAllowed."""
        if not self.may(permission):
            raise NotAllowed(f"this needs the permission to {permission}, which the roles of {self.name} do not give")
