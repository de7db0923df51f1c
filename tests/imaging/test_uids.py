"""UIDs of results follow from what they are of, and are valid ones."""

import uuid

from pydicom.uid import UID

from scarmass.imaging.uids import uid_of


def test_the_same_parts_have_the_same_uid_and_others_another() -> None:
    one = uuid.UUID(int=7)
    assert uid_of("instance", one, 1) == uid_of("instance", one, 1)
    others = [("instance", one, 2), ("series", one, 1), ("instance", uuid.UUID(int=8), 1), ("instance", one, "1, 2")]
    assert len({uid_of(*parts) for parts in [("instance", one, 1), *others]}) == len(others) + 1


def test_parts_do_not_run_into_each_other() -> None:
    assert uid_of("a", "b1") != uid_of("ab", "1") != uid_of("a', 'b1")


def test_a_uid_is_valid_and_of_a_uuid() -> None:
    uid = UID(uid_of("anything"))
    assert uid.is_valid
    assert uuid.UUID(int=int(uid.removeprefix("2.25."))).version == 5
