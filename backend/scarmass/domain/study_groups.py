"""Study groups: of which one what comes in is, and who may put it there."""

from collections.abc import Set
from dataclasses import dataclass

from scarmass.domain.errors import NotAllowed, StudyGroupUnsaid

GENERAL = ""
"""The group of every study that nobody put into another one."""

NOT_SEEN = "its study is in a study group that you do not see"


@dataclass(frozen=True)
class Filing:
    """study_group: of studies that are new. sees: the groups whose studies may be added to, None for all."""

    study_group: str = GENERAL
    sees: frozenset[str] | None = None

    def may_add_to(self, study_group: str) -> bool:
        return self.sees is None or study_group in self.sees


def filing(sees: frozenset[str] | None, wanted: str | None = None) -> Filing:
    """How what somebody brings is filed: where they say, else in the only group that they see.

    Raises StudyGroupUnsaid, NotAllowed.
    """
    if wanted is not None:
        require_seen(sees, wanted)
        return Filing(wanted, sees)
    if sees is None:
        return Filing()
    if len(sees) != 1:
        raise StudyGroupUnsaid(f"say of which study group it is: {_listed(sees)}")
    return Filing(next(iter(sees)), sees)


def require_seen(sees: Set[str] | None, study_group: str) -> None:
    """Raises NotAllowed."""
    if sees is not None and study_group not in sees:
        raise NotAllowed(f"you do not see the study group “{study_group}”: {_listed(sees)}")


def _listed(sees: Set[str]) -> str:
    return "you see " + (", ".join(f"“{group}”" if group else "the general one" for group in sorted(sees)) or "none")
