"""What rules say of what comes and goes."""

import pytest

from scarmass.domain.errors import PeerNotFound
from scarmass.domain.pacs import DicomwebPeer, DimsePeer, ResultKind
from scarmass.domain.pacs_rules import (
    AcceptRule,
    Arriving,
    Match,
    Network,
    PrepareRule,
    Rules,
    SendRule,
    accepted,
    prepare_rule,
    receivers,
    unknown_receivers,
)

LGE = Arriving("MR", "Cardiac MRI", "PSIR short axis LGE", "SCANNER1")
CINE = Arriving("MR", "Cardiac MRI", "cine short axis", "SCANNER1")
CHEST = Arriving("CT", "Chest", "lung window", "CT7")


@pytest.mark.parametrize(
    ("match", "matched"),
    [
        (Match(), [LGE, CINE, CHEST]),
        (Match(modalities=("MR",)), [LGE, CINE]),
        (Match(words=("lge", "delayed")), [LGE]),
        (Match(words=("CARDIAC",)), [LGE, CINE]),
        (Match(calling=("CT7", "CT8")), [CHEST]),
        (Match(("MR",), ("cine",), ("CT7",)), []),
    ],
)
def test_a_rule_matches_where_all_that_it_names_does(match: Match, matched: list[Arriving]) -> None:
    assert [one for one in (LGE, CINE, CHEST) if match.matches(one)] == matched


def test_without_rules_of_a_site_mr_segmentations_and_contours_are_taken_in() -> None:
    by_modality = {modality: accepted(Rules(), Arriving(modality)) for modality in ("MR", "SEG", "RTSTRUCT", "CT", "")}
    assert {modality for modality, one in by_modality.items() if one.is_accepted} == {"MR", "SEG", "RTSTRUCT"}
    assert by_modality["MR"].rule == "MR images"
    assert by_modality["CT"].rule is None
    assert "modality CT" in by_modality["CT"].reason
    assert "modality unknown" in by_modality[""].reason


def test_the_first_rule_that_matches_decides_and_is_named() -> None:
    rules = Rules(accept=(AcceptRule(words=("cine",), name="no cines", accepts=False), AcceptRule(("MR",), name="MR")))
    assert accepted(rules, LGE).is_accepted
    refused = accepted(rules, CINE)
    assert (refused.is_accepted, refused.rule) == (False, "no cines")
    assert "no cines" in refused.reason


def test_a_study_is_prepared_by_the_first_rule_that_matches_one_of_its_series() -> None:
    never = PrepareRule(calling=("CT7",), name="never", prepares=False)
    slow = PrepareRule(words=("lge",), name="slow scanner", quiet_seconds=300)
    rules = Rules(prepare=(never, slow))
    assert prepare_rule(rules, [CINE, LGE]) == slow
    assert prepare_rule(rules, [LGE, CHEST]) is None
    assert prepare_rule(rules, [CINE]) is None
    assert prepare_rule(Rules(), [CINE]) is not None
    assert prepare_rule(Rules(), []) is None


def test_each_peer_gets_every_kind_that_a_matching_rule_names_once() -> None:
    rules = Rules(
        send=(
            SendRule(peer="PACS", kinds=(ResultKind.SEG, ResultKind.SR)),
            SendRule(words=("lge",), peer="PACS", kinds=(ResultKind.SR, ResultKind.PDF)),
            SendRule(words=("stress",), peer="ARCHIVE"),
        )
    )
    assert receivers(rules, [LGE]) == {"PACS": (ResultKind.SEG, ResultKind.SR, ResultKind.PDF)}
    assert receivers(Rules(), [LGE]) == {}


def test_a_peer_is_known_by_its_name_and_by_what_it_calls_itself() -> None:
    pacs, web = DimsePeer("PACS", "ARCHIVE", "10.0.0.1", 104), DicomwebPeer("web", "https://pacs.example/dicom-web")
    network = Network(peers=(pacs, web))
    assert network.peer("PACS") == pacs
    assert network.peer_calling("ARCHIVE") == pacs
    assert network.peer_calling("web") == web
    assert network.peer_calling("NOBODY") is None
    with pytest.raises(PeerNotFound, match="NOBODY"):
        network.peer("NOBODY")


def test_receivers_that_no_peer_is_are_told() -> None:
    rules = Rules(send=(SendRule(peer="PACS"), SendRule(peer="elsewhere")))
    assert unknown_receivers(rules, [DimsePeer("PACS", "ARCHIVE", "10.0.0.1", 104)]) == ["elsewhere"]
