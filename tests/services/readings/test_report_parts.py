"""What a report tells of a contoured phantom: its wall, its segments and the methods, as page, PDF, JSON and tables."""

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from scarmass.domain.structures import Structure
from scarmass.phantom.demonstration import DemoStudy
from scarmass.phantom.stack import Phantom, phantom
from scarmass.phantom.ventricle import Scar, Territory
from scarmass.services.context import Context
from scarmass.services.readings import report_parts
from scarmass.services.readings.words import Language, words_in
from tests.fakes import WithoutOutlines
from tests.kept import Kept
from tests.phantom_reader import CONTOURED, PhantomReader
from tests.services.readings.test_report_pages import pages, solid, text

pytestmark = pytest.mark.slow

SCAR = Scar(Territory.LAD, transmurality=1.0, half_angle=1.0, half_height=0.33, no_reflow=True)
SLICES = 3
EXTENTS = ("by_slice_thickness", "by_slice_spacing")


@pytest.fixture
def context(context: Context) -> Context:
    context.segmenter = WithoutOutlines()
    return context


@pytest.fixture(scope="module")
def small() -> Phantom:
    return phantom(34, scars=(SCAR,), rows=96, columns=96, pixel_spacing_mm=(2.0, 2.0), number_of_slices=SLICES)


@pytest.fixture(scope="module")
def kept_bare(keeping: Callable[..., Kept[str]], small: Phantom, tmp_path_factory: pytest.TempPathFactory) -> Kept[str]:
    """The small phantom's stack, told by its id; its reading is prepared, and nothing is outlined."""
    study = DemoStudy("Phantom^Anterior", "PHANTOM-001", "19580314", "M", "20260105", small)
    folder = tmp_path_factory.mktemp("small")
    return keeping(WithoutOutlines(), lambda client, _: PhantomReader.of(client, study, folder).stack_id)


@pytest.fixture(scope="module")
def kept_outlined(keeping: Callable[..., Kept[str]], kept_bare: Kept[str], small: Phantom) -> Kept[str]:
    """The same, with all contours, no-reflow and insertion points."""

    def happens(client: TestClient, context: Context) -> str:
        kept_bare.put_into(context)
        reader = PhantomReader(client, kept_bare.told, small)
        reader.contour((*CONTOURED, Structure.NO_REFLOW))
        reader.edit("landmark", landmarks=reader.points(1))
        return reader.stack_id

    return keeping(WithoutOutlines(), happens)


@pytest.fixture
def bare(client: TestClient, context: Context, kept_bare: Kept[str], small: Phantom) -> PhantomReader:
    kept_bare.put_into(context)
    return PhantomReader(client, kept_bare.told, small)


@pytest.fixture
def reader(client: TestClient, context: Context, kept_outlined: Kept[str], small: Phantom) -> PhantomReader:
    """A reading with all contours, no-reflow and insertion points."""
    kept_outlined.put_into(context)
    return PhantomReader(client, kept_outlined.told, small)


def export(reader: PhantomReader, **params: str) -> bytes:
    return reader.client.get(f"{reader.url}/export", params=params).raise_for_status().content


def rows(reader: PhantomReader, table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(export(reader, format="csv", table=table).decode())))


def problem(reader: PhantomReader, table: str) -> tuple[int, str]:
    answer = reader.client.get(f"{reader.url}/export", params={"format": "csv", "table": table})
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


def within(reader: PhantomReader, structure: Structure) -> float:
    """mm² of a structure over all slices, as outlined."""
    masks = reader.phantom.masks
    wall = masks[Structure.LEFT_VENTRICLE] & ~masks[Structure.BLOOD_POOL]
    return float((masks[structure] & wall).sum() * reader.phantom.planes[0].pixel_area_mm2)


def test_the_walls_mass_and_the_percentages_are_the_phantoms_by_both_extents(reader: PhantomReader) -> None:
    told, stack = reader.get("report"), reader.phantom
    wall_mm2 = within(reader, Structure.LEFT_VENTRICLE)
    extents_mm = dict(zip(EXTENTS, (stack.slice_thickness_mm, stack.slice_spacing_mm), strict=True))
    for extent in EXTENTS:
        grams = wall_mm2 * extents_mm[extent] * 1.05e-3
        assert told["left_ventricle"][extent]["mass_g"] == pytest.approx(grams)
        for name, structure in (("scar_percent", Structure.SCAR), ("no_reflow_percent", Structure.NO_REFLOW)):
            area_mm2 = float(stack.masks[structure].sum() * stack.planes[0].pixel_area_mm2)
            assert told[name][extent] == pytest.approx(100 * area_mm2 / wall_mm2)
    assert f"{told['scar_percent_of_myocardium']:.1f} % of LGE myocardial mass" in told["finding"]


def test_the_segments_add_up_to_scar_and_no_reflow_and_have_their_viability(reader: PhantomReader) -> None:
    segments, stack = reader.get("report")["segments"], reader.phantom
    for name, structure in (("mass", Structure.SCAR), ("no_reflow_mass", Structure.NO_REFLOW)):
        grams = within(reader, structure) * stack.slice_thickness_mm * 1.05e-3
        parts = [one[name]["by_slice_thickness"]["mass_g"] for one in segments[:16]]
        assert sum(parts) == pytest.approx(grams)
    bands = {"0": "likely", "1-25": "likely", "26-50": "intermediate", "51-75": "unlikely", "76-100": "unlikely"}
    assert [one["viability"] for one in segments[:16]] == [bands[one["transmurality_class"]] for one in segments[:16]]
    assert {one["viability"] for one in segments[:16]} >= {"likely", "unlikely"}
    assert (segments[16]["viability"], segments[16]["no_reflow_mass"]) == (None, None)


def test_the_methods_of_the_report_are_those_beside_the_reading(reader: PhantomReader) -> None:
    told, beside = reader.get("report"), reader.get("methods")["methods"]
    assert told["methods_not_compared"] is None
    assert told["methods"] == [{**each, "slices": []} for each in beside]


@pytest.mark.parametrize("language", [Language.ENGLISH, Language.GERMAN, Language.CHINESE])
def test_a_full_report_is_one_page_with_every_figure(reader: PhantomReader, language: Language) -> None:
    reader.edit("pattern", pattern={"layer": "transmural", "ischaemic": True})
    told, words = reader.get("report"), words_in(language)
    pdf = export(reader, format="pdf", language=language.value)
    assert len(pages(pdf)) == 1
    shown = solid(text(pdf))
    assert solid(words("title_infarct")) in shown
    assert solid(words("bulls_eye")) in shown
    for each in told["methods"]:
        for extent in EXTENTS:
            assert solid(f"{words.number(each['mass'][extent]['mass_g'], 2)} g") in shown
        assert solid(f"{words.signed(each['difference_g'])} g") in shown
    for one in told["segments"][:16]:
        grams = words.number(one["mass"]["by_slice_thickness"]["mass_g"], 2)
        name = words("segment", level=words(f"level_{one['level']}"), side=words(f"side_{one['name'].split()[1]}"))
        kind = one["transmurality_class"].replace("-", "–")
        viability = words(f"viability_{one['viability']}")
        assert solid(f"{one['segment']} {name} {grams} {one['percent_scar']:.0f} {kind} % {viability}") in shown


def test_the_page_has_the_tables_and_no_viability_where_a_reader_says_non_ischaemic(reader: PhantomReader) -> None:
    def page() -> str:
        path = reader.url.replace("/api/v1", "") + "/report"
        return re.sub(r"<[^>]+>|\s+", " ", reader.client.get(path).raise_for_status().text)

    assert "Viability by transmurality" in page()
    assert "FWHM, hyperenhanced region" in page()
    reader.edit("pattern", pattern={"layer": "epicardial", "ischaemic": False})
    assert "7 mid anterior" in page()
    assert "Viability" not in page()


def test_segments_and_methods_leave_as_tables_of_their_own_each_row_with_its_recipe(reader: PhantomReader) -> None:
    told = reader.get("report")
    slices = rows(reader, "slices")
    assert [one["row"] for one in slices] == ["slice"] * SLICES + ["total"]
    segments, methods = rows(reader, "segments"), rows(reader, "methods")
    assert [one["segment_name"] for one in segments] == [one["name"] for one in told["segments"]]
    assert float(segments[6]["mass_g_by_slice_thickness"]) == pytest.approx(
        told["segments"][6]["mass"]["by_slice_thickness"]["mass_g"], abs=0.005
    )
    kind = told["segments"][6]["transmurality_class"]
    assert segments[6]["transmurality_class"] == f"{kind} %"  # 1-25 alone is a day in January to a spreadsheet
    assert [one["method"] for one in methods] == [one["key"] for one in told["methods"]]
    assert [float(one["difference_g"]) for one in methods] == pytest.approx(
        [one["difference_g"] for one in told["methods"]], abs=0.005
    )
    for row in (*segments, *methods):
        assert (row["status"], row["patient_id"], row["density_g_per_ml"]) == ("DRAFT", "PHANTOM-001", "1.05")
        assert row["mass_label"] == "LGE mass"


def test_a_workbook_and_json_have_all_tables(reader: PhantomReader) -> None:
    book = load_workbook(io.BytesIO(export(reader, format="xlsx")))
    assert book.sheetnames == ["LGE mass", "segments", "methods"]
    assert [sheet.max_row for sheet in book.worksheets] == [SLICES + 2, 18, 10]
    whole: dict[str, Any] = reader.get("export?format=json")
    assert [len(whole[name]) for name in ("rows", "segments", "methods")] == [SLICES + 1, 17, 9]


def test_a_table_of_several_readings_has_percent_no_reflow_and_pattern(reader: PhantomReader) -> None:
    reader.edit("pattern", pattern={"layer": "transmural", "ischaemic": True})
    told = reader.get("report")
    ids = {"reading": reader.reading["id"], "format": "json"}
    (row,) = reader.client.get("/api/v1/export", params=ids).raise_for_status().json()["rows"]
    assert row["scar_percent_of_myocardium"] == pytest.approx(told["scar_percent_of_myocardium"], abs=0.05)
    assert row["no_reflow_mass_g_by_slice_thickness"] == pytest.approx(
        told["no_reflow"]["by_slice_thickness"]["mass_g"], abs=0.005
    )
    assert (row["pattern"], row["ischaemic"], row["mass_label"]) == ("transmural", True, "Infarct mass")


def test_without_contours_or_insertion_points_it_is_said_what_is_missing(bare: PhantomReader) -> None:
    told = bare.get("report")
    assert (told["left_ventricle"], told["segments"], told["methods"]) == (None, None, [])
    assert told["methods_not_compared"] == "no_contours"
    pdf = text(export(bare, format="pdf"))
    assert "LGE myocardial mass (not cine) not measured" in pdf
    assert "Not measured: the ventricle and its blood pool are not outlined." in pdf
    assert problem(bare, "segments") == problem(bare, "methods") == (409, "ContoursMissing")
    bare.contour()
    assert problem(bare, "segments") == (409, "LandmarksMissing")
    whole = bare.get("export?format=json")
    assert (whole["segments"], len(whole["methods"])) == ([], 9)


def test_a_stack_that_is_too_large_is_compared_with_no_method_and_told_so(
    reader: PhantomReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_parts, "MOST_PIXELS", 1000)
    told = reader.get("report")
    assert (told["methods"], told["methods_not_compared"]) == ([], "too_large")
    assert problem(reader, "methods") == (422, "StackTooLarge")


def test_a_lost_image_costs_the_methods_alone(reader: PhantomReader, context: Context) -> None:
    for name in list(context.files.names()):
        context.files.remove([name])
    context.images = type(context.images)(1)
    told = reader.get("report")
    assert told["methods_not_compared"] == "no_images"
    assert told["segments"] is not None
    assert problem(reader, "methods") == (422, "PixelsUndecodable")
