"""Roles give permissions, and what no role gives is refused by name."""

import uuid

import pytest

from scarmass.domain.access import PERMISSIONS, Permission, Person, Role
from scarmass.domain.errors import NotAllowed


def person(*roles: Role) -> Person:
    return Person(uuid.uuid4(), "Ada Reader", frozenset(roles))


def test_every_role_gives_permissions_and_every_permission_is_given_by_a_role():
    assert PERMISSIONS.keys() == set(Role)
    assert frozenset().union(*PERMISSIONS.values()) == set(Permission)


def test_a_signer_does_all_that_a_reader_does_and_signs():
    assert PERMISSIONS[Role.SIGNER] - PERMISSIONS[Role.READER] == {Permission.SIGN}


def test_a_service_changes_no_reading():
    assert not person(Role.SERVICE).may(Permission.READ)
    assert not person(Role.SERVICE).may(Permission.SIGN)


def test_an_administrator_sees_patients_by_another_role_only():
    assert not person(Role.ADMINISTRATOR).may(Permission.VIEW)
    assert person(Role.ADMINISTRATOR, Role.READER).may(Permission.VIEW)


def test_what_no_role_gives_is_refused():
    person(Role.SIGNER).require(Permission.SIGN)
    with pytest.raises(NotAllowed, match="permission to sign"):
        person(Role.READER).require(Permission.SIGN)
    with pytest.raises(NotAllowed):
        person().require(Permission.VIEW)
