"""What the rules would do with a study that is typed, or with one that is stored."""

from collections.abc import Sequence
from dataclasses import dataclass

from scarmass.domain.pacs import ResultKind
from scarmass.domain.pacs_rules import Arriving, Decision, PrepareRule, accepted, prepare_rule, receivers
from scarmass.services.context import Context
from scarmass.storage import studies


@dataclass(frozen=True)
class Tried:
    """decisions: of each series. prepare: None where nothing is prepared. send: kinds by the peer that gets them."""

    decisions: tuple[tuple[Arriving, Decision], ...]
    prepare: PrepareRule | None
    send: dict[str, tuple[ResultKind, ...]]


def try_rules(context: Context, series: Sequence[Arriving]) -> Tried:
    """Of series of one study: only what would be taken in can be prepared and sent."""
    rules = context.network.rules
    decisions = tuple((one, accepted(rules, one)) for one in series)
    taken = [one for one, decision in decisions if decision.is_accepted]
    return Tried(decisions, prepare_rule(rules, taken), receivers(rules, taken))


def series_of(context: Context, study_instance_uid: str, calling: str) -> list[Arriving]:
    """A stored study as it would come from somebody. Raises StudyNotFound."""
    with context.database.transaction() as session:
        study = studies.get_study(session, study_instance_uid)
    return [Arriving("MR", study.header.study_description, stack.description, calling) for stack in study.stacks]
