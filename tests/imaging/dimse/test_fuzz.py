"""Damaged messages end their association and nothing else."""

import os

import pytest

from tests.imaging.dimse.fuzz import trial

pytestmark = pytest.mark.slow

MUTATIONS = int(os.environ.get("SCARMASS_DIMSE_MUTATIONS", "200"))


@pytest.mark.slow
def test_damaged_associations_harm_nobody_and_leave_nothing_behind() -> None:
    assert sum(trial(MUTATIONS).values()) == MUTATIONS
