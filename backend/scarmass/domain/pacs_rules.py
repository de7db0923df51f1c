"""What a site's rules say of what comes from the network and of what goes there: pure functions, with reasons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from scarmass.domain.errors import PeerNotFound
from scarmass.domain.pacs import DimsePeer, LocalEntity, Peer, ResultKind

QUIET_SECONDS = 30
"""A study of which nothing came for so long is taken to be complete."""

OWN_KINDS = (ResultKind.SEG, ResultKind.SR, ResultKind.PDF)


@dataclass(frozen=True)
class Arriving:
    """What rules ask of an object, or of a study; what is not known is empty.

    modality: DICOM's code, such as MR. calling: the AE title that sent it, or the name of the peer it was fetched from.
    """

    modality: str = ""
    study_description: str = ""
    series_description: str = ""
    calling: str = ""


@dataclass(frozen=True)
class Match:
    """What a rule looks at; what is empty matches everything. words: any of them, in a description, in any case."""

    modalities: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    calling: tuple[str, ...] = ()

    def matches(self, what: Arriving) -> bool:
        described = f"{what.study_description}\n{what.series_description}".casefold()
        return (
            (not self.modalities or what.modality in self.modalities)
            and (not self.words or any(word.casefold() in described for word in self.words))
            and (not self.calling or what.calling in self.calling)
        )


@dataclass(frozen=True)
class AcceptRule(Match):
    """Objects that match are taken in, or refused. The first rule that matches decides."""

    name: str = ""
    accepts: bool = True


@dataclass(frozen=True)
class PrepareRule(Match):
    """LGE stacks of a study that matches are prepared once nothing of it came for quiet_seconds, or never."""

    name: str = ""
    prepares: bool = True
    quiet_seconds: int = QUIET_SECONDS


@dataclass(frozen=True)
class SendRule(Match):
    """When a reading of a study that matches is signed, a peer gets these kinds of it."""

    name: str = ""
    peer: str = ""
    kinds: tuple[ResultKind, ...] = OWN_KINDS


ACCEPTS_MR = AcceptRule(("MR",), name="MR images")
ACCEPTS_SEGMENTS = AcceptRule(("SEG", "RTSTRUCT"), name="segmentations and contours")
PREPARES_LGE = PrepareRule(name="every study")


@dataclass(frozen=True)
class Rules:
    """In the order in which they are asked. Where none matches, nothing is taken in, prepared or sent."""

    accept: tuple[AcceptRule, ...] = (ACCEPTS_MR, ACCEPTS_SEGMENTS)
    prepare: tuple[PrepareRule, ...] = (PREPARES_LGE,)
    send: tuple[SendRule, ...] = ()


@dataclass(frozen=True)
class Decision:
    """rule: by name, None where none matches. reason: a sentence."""

    is_accepted: bool
    rule: str | None
    reason: str


def accepted(rules: Rules, what: Arriving) -> Decision:
    """Whether an object is taken in."""
    for rule in rules.accept:
        if rule.matches(what):
            verb = "takes it in" if rule.accepts else "refuses it"
            return Decision(rule.accepts, rule.name, f"the rule “{rule.name}” {verb}")
    return Decision(False, None, f"no rule takes in objects of modality {what.modality or 'unknown'} like this one")


def prepare_rule(rules: Rules, series: Iterable[Arriving]) -> PrepareRule | None:
    """The first rule that matches any of a study's series, where it prepares; None where nothing is prepared."""
    found = list(series)
    rule = next((rule for rule in rules.prepare if any(map(rule.matches, found))), None)
    return rule if rule is not None and rule.prepares else None


def receivers(rules: Rules, series: Iterable[Arriving]) -> dict[str, tuple[ResultKind, ...]]:
    """Which peers get which kinds of a signed reading of a study, by the peers' names."""
    found = list(series)
    kinds: dict[str, tuple[ResultKind, ...]] = {}
    for rule in rules.send:
        if any(map(rule.matches, found)):
            kinds[rule.peer] = tuple(dict.fromkeys((*kinds.get(rule.peer, ()), *rule.kinds)))
    return kinds


@dataclass(frozen=True)
class Network:
    """What the settings say of the network. local: None where nothing listens. largest_spool_bytes: that may wait."""

    local: LocalEntity | None = None
    peers: tuple[Peer, ...] = ()
    rules: Rules = field(default_factory=Rules)
    largest_spool_bytes: int = 20 * 2**30

    def peer(self, name: str) -> Peer:
        """Raises PeerNotFound."""
        found = next((peer for peer in self.peers if peer.name == name), None)
        if found is None:
            raise PeerNotFound(f"the settings name no peer “{name}”")
        return found

    def peer_calling(self, ae_title: str) -> Peer | None:
        """The peer of a calling AE title, or of a name."""
        return next((peer for peer in self.peers if ae_title in (peer.name, source_of(peer))), None)


def source_of(peer: Peer) -> str:
    """What objects of a peer are said to come from: its AE title, or its name where it has none."""
    return peer.ae_title if isinstance(peer, DimsePeer) else peer.name


def unknown_receivers(rules: Rules, peers: Sequence[Peer]) -> list[str]:
    """The names in rules that no peer has."""
    names = {peer.name for peer in peers}
    return sorted({rule.peer for rule in rules.send} - names)
