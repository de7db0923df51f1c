"""Which weights serve after promotions and steps back."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from scarmass.domain.promotion import ModelKind, Promotion, promoted
from scarmass.domain.protocols import Model

SHIPPED = Model("shipped", "0" * 64)
NAMES = st.lists(st.sampled_from([None, "a", "b", "c"]))


def changes(names: list[str | None]) -> list[Promotion]:
    """None: a step back."""
    now = datetime.now(UTC)
    return [
        Promotion(number, ModelKind.SEGMENTER, Model(name, name * 64) if name else None, SHIPPED, "Anna", now)
        for number, name in enumerate(names)
    ]


def test_what_is_shipped_serves_before_any_promotion_and_after_the_last_was_gone_back_on() -> None:
    assert promoted([]) is None
    assert promoted(changes(["a", None])) is None


def test_two_steps_back_undo_two_promotions() -> None:
    assert promoted(changes(["a", "b"])) == Model("b", "b" * 64)
    assert promoted(changes(["a", "b", None])) == Model("a", "a" * 64)
    assert promoted(changes(["a", "b", None, None])) is None
    assert promoted(changes(["a", "b", None, "c", None])) == Model("a", "a" * 64)


@given(NAMES, st.sampled_from(["a", "b"]))
def test_a_promotion_and_a_step_back_leave_what_served(before: list[str | None], name: str) -> None:
    assert promoted(changes([*before, name])) == Model(name, name * 64)
    assert promoted(changes([*before, name, None])) == promoted(changes(before))
