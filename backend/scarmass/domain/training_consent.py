"""Whether models may learn from a study: consent that is asked for, given, and withdrawn for good."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scarmass.domain.errors import ConsentWithdrawn


class ConsentState(StrEnum):
    NOT_ASKED = "not_asked"
    GIVEN = "given"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class TrainingConsent:
    """author, at: who said so and when, None where nobody said anything."""

    state: ConsentState = ConsentState.NOT_ASKED
    author: str | None = None
    at: datetime | None = None

    def require_may_become(self, state: ConsentState) -> None:
        """What was said by mistake can be taken back, a withdrawal cannot. Raises ConsentWithdrawn."""
        if self.state is ConsentState.WITHDRAWN and state is not ConsentState.WITHDRAWN:
            raise ConsentWithdrawn("the consent to train on this study was withdrawn, which is for good")
