"""What was done to a reading, step by step: which steps count, and which undo and redo took away."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from scarmass.domain.pattern import Pattern
from scarmass.domain.reading import EditKind, WallRules
from scarmass.domain.segmentation import TakenFrom
from scarmass.domain.stack import SliceKey


class Standing(StrEnum):
    """Whether an edit counts: live; undone, and can be brought back; discarded, undone for good; or itself a step of
    undo or redo."""

    LIVE = "live"
    UNDONE = "undone"
    DISCARDED = "gone"
    STEP = "step"


@dataclass(frozen=True)
class PastEdit:
    """An edit and which slices it touched, without what it made of them.

    sensitivity, wall: where it changed them. method: in words, where it adopted one. pattern: where it stated one.
    taken_from: where it took masks from a segmentation.
    """

    revision: int
    kind: EditKind
    author: str
    created_at: datetime
    slices: frozenset[SliceKey]
    sensitivity: float | None = None
    method: str | None = None
    pattern: Pattern | None = None
    wall: WallRules | None = None
    taken_from: TakenFrom | None = None
    standing: Standing = Standing.LIVE


def with_standings(edits: Sequence[PastEdit]) -> list[PastEdit]:
    """The edits, each with how it stands after all of them."""
    live, undone = live_and_undone([edit.kind for edit in edits])
    standing = dict.fromkeys(live, Standing.LIVE) | dict.fromkeys(undone, Standing.UNDONE)
    return [
        replace(
            edit,
            standing=Standing.STEP
            if edit.kind in (EditKind.UNDO, EditKind.REDO)
            else standing.get(position, Standing.DISCARDED),
        )
        for position, edit in enumerate(edits)
    ]


def live_and_undone(kinds: Sequence[EditKind]) -> tuple[list[int], list[int]]:
    """(live, undone) positions into the edits, in order, after every undo and redo among them.

    Undo takes the newest live edit away, redo brings the newest undone one back, and any other edit ends what
    could be redone.
    """
    live: list[int] = []
    undone: list[int] = []
    for position, kind in enumerate(kinds):
        if kind is EditKind.UNDO:
            if live:
                undone.append(live.pop())
        elif kind is EditKind.REDO:
            if undone:
                live.append(undone.pop())
        else:
            live.append(position)
            undone.clear()
    return live, undone
