"""A reading as the fold of its edits: what counts after undo and redo."""

from collections.abc import Sequence
from enum import StrEnum


class SliceState(StrEnum):
    PENDING = "pending"
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    EDITED = "edited"
    NO_SCAR = "no_scar"
    EXCLUDED = "excluded"
    FAILED = "failed"


REVIEWED_STATES = frozenset({SliceState.ACCEPTED, SliceState.EDITED, SliceState.NO_SCAR, SliceState.EXCLUDED})


class EditKind(StrEnum):
    PROMPT = "prompt"
    PAINT = "paint"
    CLEAR = "clear"
    NO_SCAR = "no_scar"
    ACCEPT = "accept"
    EXCLUDE = "exclude"
    INCLUDE = "include"
    PROPOSE = "propose"
    UNDO = "undo"
    REDO = "redo"


class Standing(StrEnum):
    """Whether an edit counts: live; undone, and can be brought back; gone, undone for good; or itself a step of undo or
    redo."""

    LIVE = "live"
    UNDONE = "undone"
    GONE = "gone"
    STEP = "step"


def standings(kinds: Sequence[EditKind]) -> list[Standing]:
    """How each edit stands after all of them."""
    live, undone = fold(kinds)
    found = [Standing.STEP if kind in (EditKind.UNDO, EditKind.REDO) else Standing.GONE for kind in kinds]
    for positions, standing in ((live, Standing.LIVE), (undone, Standing.UNDONE)):
        for position in positions:
            found[position] = standing
    return found


def fold(kinds: Sequence[EditKind]) -> tuple[list[int], list[int]]:
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
