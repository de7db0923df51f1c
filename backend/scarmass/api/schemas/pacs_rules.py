"""The words of the REST contract about the rules of the network, and what they would do."""

from typing import Annotated

from pydantic import BaseModel, Field, model_validator

from scarmass.api.schemas.common import Few, Strict, Uid
from scarmass.api.schemas.pacs import Text
from scarmass.domain import pacs_rules as rules
from scarmass.domain.pacs import ResultKind
from scarmass.services.pacs.try_rules import Tried

Described = Annotated[str, Field(max_length=256, pattern=r"^[^\x00-\x1f\x7f]*$")]
MOST_SERIES = 200


class Matching(BaseModel):
    """What a rule looks at; what is empty matches everything."""

    name: str
    modalities: list[str]
    words: list[str]
    calling: list[str]


class AcceptRule(Matching):
    accepts: bool


class PrepareRule(Matching):
    prepares: bool
    quiet_seconds: int


class SendRule(Matching):
    peer: str
    kinds: list[ResultKind]


class Rules(BaseModel):
    """In the order in which they are asked; the first that matches decides, of those that send all do."""

    accept: list[AcceptRule]
    prepare: list[PrepareRule]
    send: list[SendRule]

    @staticmethod
    def of(these: rules.Rules) -> "Rules":
        return Rules(
            accept=[AcceptRule(accepts=rule.accepts, **_matching(rule)) for rule in these.accept],
            prepare=[
                PrepareRule(prepares=rule.prepares, quiet_seconds=rule.quiet_seconds, **_matching(rule))
                for rule in these.prepare
            ],
            send=[SendRule(peer=rule.peer, kinds=list(rule.kinds), **_matching(rule)) for rule in these.send],
        )


class Series(Strict):
    """What is typed of a series that would come."""

    modality: Text = ""
    study_description: Described = ""
    series_description: Described = ""
    calling: Text = ""

    def to_domain(self) -> rules.Arriving:
        return rules.Arriving(self.modality, self.study_description, self.series_description, self.calling)


class RulesTest(Strict):
    """Typed series of one study, or a stored study as it would come from whoever calls."""

    series: Few[Series] = Field(default=[], max_length=MOST_SERIES)
    study_instance_uid: Uid | None = None
    calling: Text = ""

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> "RulesTest":
        if bool(self.series) == (self.study_instance_uid is not None):
            raise ValueError("name either series or a stored study")
        return self


class SeriesDecision(BaseModel):
    """rule: by name, null where none matches."""

    modality: str
    study_description: str
    series_description: str
    calling: str
    is_accepted: bool
    rule: str | None
    reason: str


class PeerKinds(BaseModel):
    peer: str
    kinds: list[ResultKind]


class RulesTested(BaseModel):
    """prepared_by: a rule, once it was quiet for quiet_seconds; null where none does. sent_to: on signing."""

    series: list[SeriesDecision]
    prepared_by: str | None
    quiet_seconds: int | None
    sent_to: list[PeerKinds]

    @staticmethod
    def of(tried: Tried) -> "RulesTested":
        return RulesTested(
            series=[
                SeriesDecision(
                    modality=what.modality,
                    study_description=what.study_description,
                    series_description=what.series_description,
                    calling=what.calling,
                    is_accepted=decision.is_accepted,
                    rule=decision.rule,
                    reason=decision.reason,
                )
                for what, decision in tried.decisions
            ],
            prepared_by=None if tried.prepare is None else tried.prepare.name,
            quiet_seconds=None if tried.prepare is None else tried.prepare.quiet_seconds,
            sent_to=[PeerKinds(peer=peer, kinds=list(kinds)) for peer, kinds in tried.send.items()],
        )


def _matching(rule: rules.AcceptRule | rules.PrepareRule | rules.SendRule) -> dict:
    return {
        "name": rule.name,
        "modalities": list(rule.modalities),
        "words": list(rule.words),
        "calling": list(rule.calling),
    }
