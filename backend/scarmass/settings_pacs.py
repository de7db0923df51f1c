"""The network as settings: who we are, who the peers are, and the rules; refused in sentences where it cannot be."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from scarmass.domain.pacs import DicomwebPeer, DimsePeer, LocalEntity, Peer, Tls
from scarmass.domain.pacs_rules import AcceptRule, Network, PrepareRule, Rules, SendRule, source_of, unknown_receivers

LONGEST_AE_TITLE = 16
LONGEST_NAME = 64


def _known(kind: type) -> Callable[[Any], Any]:
    """A misspelt setting is refused, and not taken for its default."""
    known = [field.name for field in dataclasses.fields(kind)]

    def check(given: Any) -> Any:
        for name in given if isinstance(given, dict) else ():
            if name not in known:
                raise ValueError(f"there is no setting “{name}” here; there are {', '.join(known)}")
        return given

    return check


def _protocol(given: Any) -> str:
    """A peer with a url is spoken to over DICOMweb."""
    is_web = "url" in given if isinstance(given, dict) else isinstance(given, DicomwebPeer)
    return "DICOMweb" if is_web else "DIMSE"


OfDimse = Annotated[DimsePeer, BeforeValidator(_known(DimsePeer)), Tag("DIMSE")]
OfDicomweb = Annotated[DicomwebPeer, BeforeValidator(_known(DicomwebPeer)), Tag("DICOMweb")]
OfRules = Annotated[Rules, BeforeValidator(_known(Rules))]
RULE_KINDS = {"accept": AcceptRule, "prepare": PrepareRule, "send": SendRule}


class PacsSettings(BaseModel):
    """local: who we are; without it nothing listens. peers: others are refused. rules: see docs/pacs.md.

    spool_mib: of what came over the network, how much may wait to be taken in.
    """

    model_config = ConfigDict(extra="forbid")

    local: Annotated[LocalEntity, BeforeValidator(_known(LocalEntity))] | None = None
    peers: tuple[Annotated[OfDimse | OfDicomweb, Discriminator(_protocol)], ...] = ()
    rules: OfRules = Rules()
    spool_mib: int = Field(default=20 * 1024, ge=64)

    @property
    def network(self) -> Network:
        return Network(self.local, self.peers, self.rules, self.spool_mib * 2**20)

    @model_validator(mode="before")
    @classmethod
    def _knows_what_rules_say(cls, given: Any) -> Any:
        rules = given.get("rules") if isinstance(given, dict) else None
        if isinstance(rules, dict):
            for name, kind in RULE_KINDS.items():
                for rule in rules.get(name) or ():
                    _known(kind)(rule)
        return given

    @model_validator(mode="after")
    def _can_be(self) -> "PacsSettings":
        if self.local is not None:
            _require_ae_title("local", self.local.ae_title)
            _require_port("local", self.local.port)
            _require_files("local", self.local.tls)
        for peer in self.peers:
            _require_peer(peer)
        _require_distinct("name", [peer.name for peer in self.peers])
        _require_distinct("AE title or name", [source_of(peer) for peer in self.peers])
        if unknown := unknown_receivers(self.rules, self.peers):
            raise ValueError(f"rules send to “{unknown[0]}”, and no peer has that name")
        for rule in (*self.rules.accept, *self.rules.prepare, *self.rules.send):
            if not rule.name and not isinstance(rule, SendRule):
                raise ValueError("each rule needs a name: the queue and the test tell by it why something was done")
        if any(rule.quiet_seconds < 1 for rule in self.rules.prepare):
            raise ValueError("quiet_seconds is 1 or more: a study that still comes cannot be prepared")
        if any(not rule.kinds for rule in self.rules.send):
            raise ValueError("a rule that sends names one kind or more: seg, sr, pdf, key_images")
        return self


def _require_peer(peer: Peer) -> None:
    if not peer.name.strip() or len(peer.name) > LONGEST_NAME or not peer.name.isprintable():
        raise ValueError(f"a peer's name is 1 to {LONGEST_NAME} printable characters")
    if isinstance(peer, DimsePeer):
        _require_ae_title(peer.name, peer.ae_title)
        _require_port(peer.name, peer.port)
        _require_files(peer.name, peer.tls)
        if not peer.host.strip():
            raise ValueError(f"{peer.name}: host is empty")
        return
    address = urlsplit(peer.url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise ValueError(f"{peer.name}: url is to begin with http:// or https:// and name a server")
    if address.username or address.query or address.fragment:
        raise ValueError(f"{peer.name}: url holds neither a password nor a query; a token is a setting of its own")
    if peer.authority is not None and not Path(peer.authority).is_file():
        raise ValueError(f"{peer.name}: authority names a file that is not there")


def _require_ae_title(of: str, title: str) -> None:
    """PS3.5 6.2, VR AE."""
    is_plain = title.isascii() and title.isprintable() and "\\" not in title
    if not (is_plain and title.strip() == title and 1 <= len(title) <= LONGEST_AE_TITLE):
        raise ValueError(f"{of}: ae_title is 1 to {LONGEST_AE_TITLE} plain characters, without spaces around them")


def _require_port(of: str, port: int) -> None:
    if not 1 <= port <= 65535:
        raise ValueError(f"{of}: port is between 1 and 65535")


def _require_files(of: str, tls: Tls | None) -> None:
    for field in dataclasses.fields(Tls) if tls is not None else ():
        if not Path(getattr(tls, field.name)).is_file():
            raise ValueError(f"{of}: tls.{field.name} names a file that is not there")


def _require_distinct(what: str, names: list[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"two peers have the {what} “{twice}”")
