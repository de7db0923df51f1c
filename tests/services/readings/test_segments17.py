"""The 17 segments of a reading over REST: landmarks as edits, what is missing by name, and the bull's-eye."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient

from scarmass.domain.aha_model import NAMES
from scarmass.domain.structures import Structure
from scarmass.phantom.demonstration import demo_studies
from scarmass.phantom.stack import Phantom, phantom
from scarmass.phantom.wall_segments import insertion_points_xy
from scarmass.services.context import Context
from tests.fakes import WithoutOutlines
from tests.kept import Kept
from tests.phantom_reader import PhantomReader

pytestmark = pytest.mark.slow

SVG = "{http://www.w3.org/2000/svg}"
MARKED_ON = 5


@pytest.fixture
def context(context: Context) -> Context:
    context.segmenter = WithoutOutlines()
    return context


@pytest.fixture
def reader(client: TestClient, context: Context, kept_unoutlined: Kept[str], demo_phantom: Phantom) -> PhantomReader:
    """Who has outlined nothing yet."""
    kept_unoutlined.put_into(context)
    return PhantomReader(client, kept_unoutlined.told, demo_phantom)


@pytest.fixture(scope="module")
def kept_marked(keeping: Callable[..., Kept[str]], kept_unoutlined: Kept[str], demo_phantom: Phantom) -> Kept[str]:
    """The same, with all contours and insertion points."""

    def happens(client: TestClient, context: Context) -> str:
        kept_unoutlined.put_into(context)
        reader = PhantomReader(client, kept_unoutlined.told, demo_phantom)
        reader.contour()
        reader.edit("landmark", landmarks=reader.points(MARKED_ON))
        return reader.stack_id

    return keeping(WithoutOutlines(), happens)


@pytest.fixture
def marked(client: TestClient, context: Context, kept_marked: Kept[str], demo_phantom: Phantom) -> PhantomReader:
    """Whose reading has all contours and insertion points."""
    kept_marked.put_into(context)
    return PhantomReader(client, kept_marked.told, demo_phantom)


def grams(segments: list[dict]) -> float:
    return sum(each["mass"]["by_slice_thickness"]["mass_g"] for each in segments if each["mass"])


def test_the_segments_add_up_to_the_scar_and_lie_where_the_phantom_s_do(
    marked: PhantomReader,
) -> None:
    segments = marked.get("segments17")
    assert [each["name"] for each in segments] == list(NAMES)
    assert [each["assessed"] for each in segments] == [True] * 16 + [False]
    total = marked.reading["totals"]["by_slice_thickness"]["mass_g"]
    assert grams(segments) == pytest.approx(total, rel=1e-6)
    most = max(segments[:16], key=lambda each: each["percent_scar"])["name"]
    assert most in ("mid anterior", "mid anteroseptal")
    assert segments[10]["percent_scar"] == 0
    levels = marked.get("segments17/levels")
    assert [each["level"] for each in levels["slices"]] == ["apical"] * 3 + ["mid"] * 4 + ["base"] * 3
    assert (levels["apex"], levels["doubt"], levels["untold"], levels["outside_mm2"]) == ("first", None, [], 0)


def test_what_is_missing_is_said_by_name(reader: PhantomReader) -> None:
    def problem() -> tuple[int, str]:
        answer = reader.get("segments17")
        return answer["status"], answer["type"].rpartition(":")[2]

    assert problem() == (409, "ContoursMissing")
    reader.contour((Structure.LEFT_VENTRICLE, Structure.BLOOD_POOL))
    assert problem() == (409, "LandmarksMissing")
    reader.edit("landmark", landmarks={"anterior_insertion": reader.points(MARKED_ON)["anterior_insertion"]})
    assert problem() == (409, "LandmarksMissing")
    one = reader.points(MARKED_ON)["anterior_insertion"]
    reader.edit("landmark", landmarks={"anterior_insertion": one, "inferior_insertion": one})
    assert problem() == (409, "LandmarksNotApart")
    assert reader.client.get(f"/api/v1/readings/{uuid.uuid4()}/segments17").status_code == 404


def test_insertion_points_are_proposed_where_there_are_contours_and_the_orientation_tells(
    client: TestClient, reader: PhantomReader, tmp_path: Path
) -> None:
    assert reader.get("landmarks/proposed")["type"].endswith("ContoursMissing")
    reader.contour((Structure.LEFT_VENTRICLE, Structure.BLOOD_POOL))
    reader.contour((Structure.SCAR,))
    reader.edit("landmark", landmarks=reader.get("landmarks/proposed"))
    most = max(reader.get("segments17")[:16], key=lambda each: each["percent_scar"])["name"]
    assert most in ("mid anterior", "mid anteroseptal")
    axial = phantom(34, scars=(), orientation=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0))
    other = PhantomReader.of(client, replace(next(demo_studies()), patient_id="AXIAL", phantom=axial), tmp_path)
    other.contour((Structure.LEFT_VENTRICLE, Structure.BLOOD_POOL))
    assert other.get("landmarks/proposed") == {"anterior_insertion": None, "inferior_insertion": None}


def test_landmarks_stand_in_reading_history_and_export_and_undo_takes_them_back(
    reader: PhantomReader,
) -> None:
    anterior_alone = {"anterior_insertion": reader.points(MARKED_ON)["anterior_insertion"], "inferior_insertion": None}
    reader.edit("landmark", landmarks=anterior_alone)
    levels = {"first_mid": reader.slices[7], "first_apical": reader.slices[1]}
    answered = reader.edit("landmark", landmarks=reader.points(MARKED_ON), levels=levels)
    assert (answered["landmarks"], answered["levels"]) == (reader.points(MARKED_ON), levels)
    assert [each["kind"] for each in reader.get("edits")["edits"]] == ["landmark", "landmark"]
    row = reader.get("export?format=json")["rows"][0]
    x, y = insertion_points_xy(reader.phantom, MARKED_ON)[0]
    assert row["anterior_insertion"] == f"slice {MARKED_ON + 1}: {x:.1f}, {y:.1f}"
    assert reader.edit("undo")["landmarks"] == anterior_alone
    assert reader.edit("undo")["landmarks"] == {"anterior_insertion": None, "inferior_insertion": None}
    assert reader.edit("redo")["landmarks"] == anterior_alone


def test_landmarks_that_cannot_be_are_refused_by_name(reader: PhantomReader) -> None:
    def refused(**fields) -> str:
        return reader.edit("landmark", **fields)["type"].rpartition(":")[2]

    somewhere = {**reader.slices[0], "x": 10, "y": 10}
    assert refused() == "LandmarksInvalid"
    assert refused(landmarks={}) == "LandmarksInvalid"
    assert refused(landmarks={"anterior_insertion": {**somewhere, "x": 5000}}) == "PromptOutsideImage"
    assert refused(landmarks={"anterior_insertion": {**somewhere, "sop_instance_uid": "1.2"}}) == "SliceNotInStack"
    marked = {"anterior_insertion": somewhere}
    assert refused(landmarks=marked, levels={"first_mid": {"sop_instance_uid": "1.2"}}) == "SliceNotInStack"
    assert reader.reading["revision"] == 0


def test_excluded_slices_and_scar_beyond_the_myocardium_count_in_no_segment(marked: PhantomReader) -> None:
    marked.edit("exclude", **marked.slices[4])
    total = marked.reading["totals"]["by_slice_thickness"]["mass_g"]
    assert grams(marked.get("segments17")) == pytest.approx(total, rel=1e-6)
    named = {one["sop_instance_uid"] for each in marked.get("segments17") for one in each["slices"]}
    assert marked.slices[4]["sop_instance_uid"] not in named


@pytest.mark.parametrize("shown", ["percent_scar", "transmurality"])
def test_the_bulls_eye_names_every_segment_and_writes_its_figure(marked: PhantomReader, shown: str) -> None:
    answer = marked.client.get(f"{marked.url}/bulls_eye", params={"shown": shown})
    assert answer.headers["content-type"].startswith("image/svg+xml")
    drawn = {each.get("data-segment"): each for each in ElementTree.fromstring(answer.text).iter(f"{SVG}g")}
    for told in marked.get("segments17"):
        group = drawn[str(told["segment"])]
        title, texts = group.findtext(f"{SVG}title"), [each.text for each in group.iter(f"{SVG}text")]
        assert told["name"] in str(title)
        if told["assessed"]:
            assert texts[1] in (f"{told[shown]:.0f}", "<1")
        else:
            assert "not assessed" in str(title)
