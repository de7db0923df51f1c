"""The report of a phantom: its grams are the phantom's, and what is absent is said to be."""

import base64
import io
import re

import numpy as np
import pytest
import sqlalchemy
from PIL import Image

from scarmass.domain.errors import DeviceOutOfMemory
from scarmass.domain.masks import to_rle
from scarmass.domain.structures import Structure
from scarmass.services.context import Context
from tests.services.readings.reported import Reported

pytestmark = pytest.mark.slow


def test_the_grams_are_the_phantoms_by_both_extents(reported: Reported) -> None:
    told, subject = reported.report(), reported.subject
    thickness, spacing = subject.mass_by_slice_thickness_g(), subject.mass_by_slice_spacing_g()
    assert told["scar"]["by_slice_thickness"]["mass_g"] == pytest.approx(thickness, rel=0.05)
    assert told["scar"]["by_slice_spacing"]["mass_g"] == pytest.approx(spacing, rel=0.05)
    assert told["spread"]["by_slice_thickness"]["mass_g"] == 0  # the oracle is sure
    assert (told["mass_extent"], told["density_g_per_ml"]) == ("slice_thickness", 1.05)
    assert told["models"] == [{"name": "oracle", "sha256": "2" * 64}]


def test_the_finding_says_the_grams_and_claims_no_more_than_was_reviewed(reported: Reported) -> None:
    told = reported.report()
    grams = [f"{told['scar'][by]['mass_g']:.2f} g" for by in ("by_slice_thickness", "by_slice_spacing")]
    assert all(each in told["finding"] for each in grams)
    assert "0 of 6 slices are reviewed" in told["finding"]
    for index in range(6):
        reported.edit("no_scar", index)
    decided = reported.report()
    assert decided["finding"] == "No LGE is outlined on 6 slices."
    assert decided["slices"]["reviewed"] == 6
    assert decided["scar"]["by_slice_thickness"]["mass_g"] == 0


def test_slices_are_listed_by_what_became_of_them(reported: Reported) -> None:
    with_scar = reported.report()["slices"]["with_scar"]
    first, second = with_scar[:2]
    reported.edit("exclude", first - 1)
    mask = to_rle(np.pad(np.ones((4, 4), bool), ((2, 90), (2, 90))))
    reported.edit("paint", second - 1, structure="scar", mask=mask)
    slices = reported.report()["slices"]
    assert slices["excluded"] == [first]
    assert slices["edited"] == [second]
    assert slices["with_scar"] == with_scar[1:]
    assert first not in slices["unreviewed"]
    assert second in slices["unreviewed"]


def test_a_reading_that_is_still_prepared_is_not_said_to_have_no_scar(reported: Reported, context: Context) -> None:
    with context.database.transaction() as session:
        for table in ("segment_changes", "slice_changes"):
            session.execute(sqlalchemy.text(f"delete from {table}"))
        session.execute(sqlalchemy.text("update readings set state = 'preparing'"))
    told = reported.report()
    assert (told["state"], told["slices"]["pending"]) == ("preparing", [1, 2, 3, 4, 5, 6])
    assert "6 of 6 slices have not been looked at yet" in told["finding"]
    assert told["spread"] is None


def test_no_reflow_is_told_once_it_is_outlined(reported: Reported) -> None:
    assert reported.report()["no_reflow"] is None
    index = int(reported.subject.area_mm2[Structure.NO_REFLOW].argmax())
    mask = reported.subject.masks[Structure.NO_REFLOW][index]
    reported.edit("paint", index, structure="no_reflow", mask=to_rle(mask))
    told = reported.report()
    grams = mask.sum() * 4 * reported.subject.slice_thickness_mm * 1.05e-3
    assert told["no_reflow"]["by_slice_thickness"]["mass_g"] == pytest.approx(grams)
    assert f"No-reflow {grams:.2f} g." in told["finding"]


def test_the_key_images_are_the_slices_with_most_scar_as_acquired(reported: Reported) -> None:
    images, areas = reported.report()["key_images"], reported.subject.area_mm2[Structure.SCAR]
    assert [image["slice"] for image in images] == sorted((np.argsort(-areas)[:3] + 1).tolist())
    index = images[0]["slice"] - 1
    png = re.search(r"base64,([^\"]+)", images[0]["svg"])
    assert png is not None
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(png[1]))), float)
    pixels = reported.subject.pixels[index]
    assert shown.shape == pixels.shape
    inside = (shown > 0) & (shown < 255)
    assert np.corrcoef(shown[inside], pixels[inside])[0, 1] > 0.99


def test_the_outline_encloses_the_pixels_that_were_weighed(reported: Reported) -> None:
    image = reported.report()["key_images"][0]
    (path,) = re.findall(r'd="([^"]*)" stroke="#ffc233"', image["svg"])
    upright = re.findall(r"M(\d+) (\d+)L(\d+) (\d+)", path)
    crossings = np.zeros((97, 97), int)
    for x0, y0, x1, y1 in (tuple(map(int, each)) for each in upright):
        if x0 == x1:
            crossings[y0:y1, x0] += 1
    inside = np.cumsum(crossings, axis=1)[:96, :96] % 2
    assert inside.sum() * 4 == pytest.approx(image["area_mm2"])


@pytest.mark.parametrize(
    "patient",
    [
        {
            "PatientName": "A^B",
            "ContrastBolusAgent": "Gadovist",
            "ContrastBolusVolume": "14",
            "ContrastBolusStartTime": "101500",
            "AcquisitionTime": "103000",
            "InversionTime": "320",
            "MagneticFieldStrength": "3",
            "ManufacturerModelName": "Ingenia",
        }
    ],
)
def test_what_the_headers_say_of_the_acquisition_is_told(reported: Reported) -> None:
    told = reported.report()["acquisition"]
    assert (told["contrast_bolus_agent"], told["contrast_bolus_volume_ml"]) == ("Gadovist", 14)
    assert (told["contrast_delay_s"], told["inversion_time_ms"]) == ([900, 900], [320, 320])
    assert (told["magnetic_field_strength_t"], told["scanner"]) == (3, "Ingenia")


def test_what_the_headers_do_not_say_is_absent(reported: Reported) -> None:
    told = reported.report()["acquisition"]
    assert (told["contrast_bolus_agent"], told["contrast_delay_s"], told["magnetic_field_strength_t"]) == (
        "",
        None,
        None,
    )


def test_a_file_that_was_lost_takes_the_picture_and_no_gram(reported: Reported, context: Context) -> None:
    before = reported.report()
    uid = before["key_images"][0]["sop_instance_uid"].encode()
    lost = next(one for one in context.files.names() if uid in context.files.get(one))
    context.files.remove([lost])
    told = reported.report()
    assert told["scar"] == before["scar"]
    assert [bool(image["svg"]) for image in told["key_images"]] == [False, True, True]


def test_models_that_are_out_of_reach_cost_the_spread_alone(reported: Reported, context: Context) -> None:
    def out_of_memory(*_: object) -> None:
        raise DeviceOutOfMemory("no memory left")

    context.segmenter.segment = out_of_memory  # type: ignore[method-assign]
    told = reported.report()
    assert told["spread"] is None
    assert told["scar"]["by_slice_thickness"]["mass_g"] > 0


def test_a_finding_is_kept_and_said_to_be_older_once_the_reading_changes(reported: Reported) -> None:
    written = reported.write(finding="Anterior scar.\r\n\u202eturned\x00", remarks="Breathing artefacts", after=0)
    assert written["finding"] == "Anterior scar.\nturned"
    assert written["text"]["author"] == "Dr Hand (unauthenticated)"
    assert not written["text_is_older"]
    reported.edit("no_scar", 0)
    told = reported.report("de")
    assert (told["finding"], told["text_is_older"]) == ("Anterior scar.\nturned", True)
    assert told["proposed_finding"].startswith("LGE auf")
    proposed = reported.write(finding="", remarks="Breathing artefacts", after=1)
    assert (proposed["finding"], proposed["text_is_older"]) == (proposed["proposed_finding"], False)


def test_a_text_that_was_changed_elsewhere_is_not_overwritten(reported: Reported) -> None:
    reported.write(finding="One", after=0)
    assert reported.write(finding="One", after=0)["text"]["number"] == 1  # the same again, after a lost answer
    path = f"/api/v1/readings/{reported.id}/report/text"
    answer = reported.client.post(path, json={"finding": "Two", "after": 0})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:scarmass:problem:ReportTextChanged")
    assert reported.report()["finding"] == "One"


def test_half_a_character_in_a_text_is_left_out(reported: Reported) -> None:
    path = f"/api/v1/readings/{reported.id}/report/text"
    content = b'{"finding": "scar \\ud800", "after": 0}'
    answer = reported.client.post(path, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 422)
