"""The pattern over REST: the reader's word with who and when, undone like any edit; what the grams are called."""

import csv
import io

import pytest
from fastapi.testclient import TestClient

from scarmass.phantom.stack import Phantom
from scarmass.services.context import Context
from tests.api.signing import ANNA, BERT, accept_all, edit, get, problem_of, send, sign
from tests.fakes import WithoutOutlines
from tests.kept import Kept
from tests.phantom_reader import PhantomReader

pytestmark = pytest.mark.slow

INFARCT = {"layer": "transmural", "ischaemic": True}


@pytest.fixture
def context(context: Context) -> Context:
    context.segmenter = WithoutOutlines()
    return context


@pytest.fixture
def reader(client: TestClient, context: Context, kept_unoutlined: Kept[str], demo_phantom: Phantom) -> PhantomReader:
    """Who has outlined nothing yet."""
    kept_unoutlined.put_into(context)
    return PhantomReader(client, kept_unoutlined.told, demo_phantom)


def client_of(reader: PhantomReader) -> TestClient:
    assert isinstance(reader.client, TestClient)
    return reader.client


def state(reader: PhantomReader, **pattern) -> dict:
    answer = edit(client_of(reader), reader.reading, "pattern", BERT, pattern=pattern)
    assert answer.status_code == 200, answer.text
    return answer.json()["pattern"]


def row(reader: PhantomReader) -> dict:
    text = reader.client.get(f"{reader.url}/export").raise_for_status().text
    return list(csv.DictReader(io.StringIO(text)))[-1]


def test_the_layer_is_proposed_from_the_wall_and_ischaemia_is_never_stated_by_itself(reader: PhantomReader) -> None:
    assert reader.get("pattern") == {"revision": 0, "stated": None, "proposed": None}
    reader.contour()
    told = reader.get("pattern")
    assert (told["stated"], told["proposed"]["layer"]) == (None, "transmural")
    assert told["proposed"]["typical_of_ischaemia"] is True
    assert row(reader)["mass_label"] == "LGE mass"
    report = reader.get("report")
    assert (report["pattern"], report["proposed_pattern"]) == (None, told["proposed"])
    assert report["finding"].startswith("LGE on 7 of 10 slices")
    assert "schaemi" not in report["finding"]


def test_a_word_is_kept_with_its_reader_told_in_history_and_undone(reader: PhantomReader) -> None:
    stated = state(reader, layer="mid_wall", ischaemic=None)
    assert (stated["layer"], stated["ischaemic"], stated["reader"]) == ("mid_wall", None, "Dr Bert (unauthenticated)")
    later = state(reader, **INFARCT)
    assert later["at"] > stated["at"]
    assert reader.get("edits")["edits"][0]["pattern"] == INFARCT
    assert reader.edit("undo")["pattern"] == stated
    assert reader.edit("redo")["pattern"] == later
    assert edit(client_of(reader), reader.reading, "pattern", pattern={"layer": None}).json()["pattern"] is None
    assert reader.edit("undo")["pattern"] == later


def test_the_grams_are_an_infarcts_only_where_a_reader_says_ischaemic(reader: PhantomReader) -> None:
    reader.contour()
    for ischaemic, label, begins in (
        (None, "LGE mass", "LGE on"),
        (False, "LGE mass", "LGE on"),
        (True, "Infarct mass", "Infarct scar on"),
    ):
        state(reader, layer="subendocardial", ischaemic=ischaemic)
        told = row(reader)
        assert (told["mass_label"], told["pattern"]) == (label, "subendocardial")
        assert told["ischaemic"] == {None: "", False: "False", True: "True"}[ischaemic]
        assert told["pattern_stated_by"].startswith("Dr Bert (unauthenticated), ")
        finding = reader.get("report")["finding"]
        assert finding.startswith(begins)
        assert "Pattern: subendocardial" in finding


@pytest.mark.parametrize(
    ("pattern", "name"),
    [({"ischaemic": True}, "PatternInvalid"), ({"layer": "elsewhere"}, "RequestInvalid")],
)
def test_a_pattern_that_cannot_be_is_refused_by_name(reader: PhantomReader, pattern: dict, name: str) -> None:
    assert problem_of(edit(client_of(reader), reader.reading, "pattern", pattern=pattern)) == (422, name)
    assert reader.reading["pattern"] is None


def test_what_was_signed_keeps_its_pattern_and_its_text_and_an_amendment_begins_with_both(
    reader: PhantomReader,
) -> None:
    client, reading = client_of(reader), reader.reading
    state(reader, **INFARCT)
    text = {"finding": "Old anterior infarct.", "remarks": "Breathing at the base.", "quality": "limited"}
    url = f"{reader.url}/report/text"
    client.post(url, json=text, headers=ANNA).raise_for_status()
    signed = sign(client, accept_all(client, reading))
    before = reader.get("report")
    assert problem_of(edit(client, signed, "pattern", pattern={"layer": "epicardial"})) == (409, "ReadingAlreadySigned")
    changed = client.post(url, json={**text, "finding": "Another", "after": 1}, headers=ANNA)
    assert problem_of(changed) == (409, "ReadingAlreadySigned")
    assert client.post(url, json=text, headers=ANNA).status_code == 200  # the same, sent again after a lost answer
    assert reader.get("report") == before
    assert (before["finding"], before["text"]["quality"], before["pattern"]["layer"]) == (
        "Old anterior infarct.",
        "limited",
        "transmural",
    )
    amended = send(client, get(client, reading["id"]), "amend", BERT).json()
    draft = client.get(f"/api/v1/readings/{amended['id']}/report").json()
    assert draft["pattern"] == before["pattern"]
    assert draft["text"] == before["text"]
    newer = f"/api/v1/readings/{amended['id']}/report/text"
    client.post(newer, json={**text, "finding": "Amended", "after": 1}, headers=BERT).raise_for_status()
    assert reader.get("report")["finding"] == "Old anterior infarct."


def test_a_signed_report_cannot_be_written_into_on_its_page(reader: PhantomReader) -> None:
    page = f"/readings/{reader.reading['id']}/report"
    assert 'id="text"' in reader.client.get(page).text
    sign(client_of(reader), accept_all(client_of(reader), reader.reading))
    assert 'id="text"' not in reader.client.get(page).text
