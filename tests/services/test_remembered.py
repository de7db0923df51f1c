"""A memory that forgets what was not asked for longest."""

from scarmass.services.remembered import Remembered


def test_what_was_asked_for_stays_and_the_rest_goes_first() -> None:
    known: Remembered[str, int] = Remembered(2)
    known.put("a", 1)
    known.put("b", 2)
    assert known.get("a") == 1
    known.put("c", 3)
    assert [known.get(key) for key in "abc"] == [1, None, 3]


def test_a_value_is_replaced_without_another_one_going() -> None:
    known: Remembered[str, int] = Remembered(2)
    for key, value in (("a", 1), ("b", 2), ("a", 3)):
        known.put(key, value)
    assert [known.get(key) for key in "ab"] == [3, 2]
