"""The report laid out: every number on the PDF is the reading's, and what a header says is text and nothing else."""

import io
import re
from pathlib import Path

import pydicom
import pytest
from pypdf import PdfReader

from scarmass.services.context import Context
from scarmass.services.readings.words import Language, words_in
from tests.imaging.segmentation_objects import changed
from tests.services.readings.reported import Reported

pytestmark = pytest.mark.slow

ZERO_WIDTH_SPACE = "\u200b"


def pages(pdf: bytes) -> list[str]:
    return [page.extract_text().replace(ZERO_WIDTH_SPACE, "") for page in PdfReader(io.BytesIO(pdf)).pages]


def text(pdf: bytes) -> str:
    """Of all pages, without the breaks of its lines."""
    return re.sub(r"\s+", " ", " ".join(pages(pdf)))


def solid(told: str) -> str:
    return re.sub(r"\s+", "", told)


def test_every_number_on_the_pdf_is_the_readings(reported: Reported) -> None:
    reported.edit("accept", 1)
    told, pdf = reported.report(), text(reported.export("pdf"))
    for by in ("by_slice_thickness", "by_slice_spacing"):
        assert f"{told['scar'][by]['mass_g']:.2f} g" in pdf
        assert f"{told['scar'][by]['volume_ml']:.2f} mL" in pdf
    for image in told["key_images"]:
        assert f"Slice {image['slice']}: {image['mass']['by_slice_thickness']['mass_g']:.2f} g" in pdf
    for said in ("Slices reviewed 1 of 6", f"Revision {told['revision']}", "1.05 g/mL", f"oracle, sha256 {'2' * 64}"):
        assert solid(said) in solid(pdf)
    measured = set(re.findall(r"\d+\.\d\d (?:g|mL)", pdf)) - {"1.05 g"}
    known = {f"{told['scar'][by]['mass_g']:.2f} g" for by in told["scar"]}
    known |= {f"{told['scar'][by]['volume_ml']:.2f} mL" for by in told["scar"]}
    known |= {f"{image['mass']['by_slice_thickness']['mass_g']:.2f} g" for image in told["key_images"]}
    for mass in (told["left_ventricle"], *(method["mass"] for method in told["methods"])):
        known |= {f"{by['mass_g']:.2f} g" for by in (mass or {}).values()}
    differences = [method["difference_g"] for method in told["methods"]]
    known |= {f"{abs(grams):.2f} g" for grams in differences if grams is not None}
    assert measured == known


def test_who_it_is_stands_on_it_and_what_is_absent_is_said_to_be(reported: Reported) -> None:
    pdf = text(reported.export("pdf"))
    assert "Müller, Zoë (王 小东)" in pdf
    assert all(each in pdf for each in ("TRUTH-7", "ACC-7", "14 Mar 1950", "5 Jan 2026", "female"))
    assert "Contrast agent not stated" in pdf
    assert "No-reflow not measured" in pdf
    assert "For research use only. Not a cleared medical device." in pdf


def test_the_same_reading_is_the_same_file(reported: Reported) -> None:
    assert reported.export("pdf") == reported.export("pdf")


@pytest.mark.parametrize("language", Language)
def test_the_report_speaks_each_language(reported: Reported, language: Language) -> None:
    told, pdf = reported.report(language.value), reported.export("pdf", language=language.value)
    words, shown = words_in(language), solid(text(pdf))
    for name in ("title", "draft", "research_use", "scar_mass", "no_reflow", "quality", "recipe", "readers"):
        assert solid(words(name)) in shown
    assert solid(told["finding"]) in shown
    assert len(pages(pdf)) == 1
    page = reported.client.get(f"/readings/{reported.id}/report", params={"language": language.value}).text
    assert f'<html lang="{language.value}">' in page
    assert words("title") in page


def test_a_segmentation_that_it_began_from_stands_in_the_recipe_of_every_language_and_object(
    reported: Reported,
) -> None:
    content = changed(reported.export("seg"), SeriesDescription="Core lab", ContentCreatorName="Roe^Richard")
    reported.take_over(content, {1: "scar"})
    uid = str(pydicom.dcmread(io.BytesIO(content)).SOPInstanceUID)
    for language in Language:
        words = words_in(language)
        page = reported.client.get(f"/readings/{reported.id}/report", params={"language": language.value}).text
        assert words("taken_from") in page
        assert f"{words('segmentation', label='Core lab', kind='SEG')}, Roe, Richard, {uid}" in page
    pdf = solid(text(reported.export("pdf")))
    assert solid(f"Begun from segmentation “Core lab” (SEG), Roe, Richard, {uid}") in pdf
    cited = f"taken from Roe, Richard’s segmentation “Core lab” (SEG): scar from “Scar”, {uid}"
    assert reported.report()["taken_from"] == [cited]
    assert f"masks: {cited}".encode() in reported.export("sr")


@pytest.mark.parametrize(
    "patient",
    [
        {
            "PatientName": "<script>alert(1)</script>#panic() $x$ *b* `c` \\\\ [d]^<b>Eve</b>",
            "PatientID": "W" * 64,
            "SeriesDescription": 'SAX LGE #image("/etc/passwd") {{ 7*7 }}',
            "ReferringPhysicianName": "محمد^الأحمد",
            "InstitutionName": "M" * 250,
        }
    ],
)
def test_markup_in_a_header_is_text_and_long_words_break(reported: Reported) -> None:
    shown = solid(text(reported.export("pdf")))
    for said in ("<script>alert(1)</script>#panic()$x$*b*`c`", 'SAXLGE#image("/etc/passwd"){{7*7}}', "M" * 250):
        assert solid(said) in shown
    page = reported.client.get(f"/readings/{reported.id}/report").text
    assert "<script>alert" not in page
    assert "<b>Eve" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{ 7*7 }}" in page


def test_a_draft_says_so_on_every_page(reported: Reported) -> None:
    reported.write(remarks="\n".join(["long remark"] * 100), after=0)
    drafted = pages(reported.export("pdf"))
    assert len(drafted) > 1
    assert all("DRAFT" in page and "TRUTH-7" in page and "Müller" in page for page in drafted)


def test_a_sites_own_template_takes_the_place_of_ours(reported: Reported, context: Context, tmp_path: Path) -> None:
    context.report_templates = tmp_path / "ours"
    context.report_templates.mkdir()
    html = '{% extends "scarmass/report.html" %}{% block title %}Heart Centre{% endblock %}'
    (context.report_templates / "report.html").write_text(html)
    typst = "#let sheet = json(bytes(sys.inputs.sheet))\nHeart Centre #sheet.draft #sheet.identity"
    (context.report_templates / "report.typ").write_text(typst)
    assert "<title>Heart Centre</title>" in reported.client.get(f"/readings/{reported.id}/report").text
    assert "Heart Centre DRAFT Müller" in text(reported.export("pdf"))


@pytest.mark.parametrize(
    ("name", "template", "path"),
    [
        ("report.html", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "/readings/{}/report"),
        ("report.html", "{% if %}", "/readings/{}/report"),
        ("report.typ", '#read("/../secret.txt")', "/api/v1/readings/{}/export?format=pdf"),
        ("report.typ", '#import "@preview/example:0.1.0": add', "/api/v1/readings/{}/export?format=pdf"),
        ("report.typ", "#let f(n) = f(n + 1)\n#f(0)", "/api/v1/readings/{}/export?format=pdf"),
    ],
)
def test_a_template_that_reaches_out_or_is_broken_is_refused(
    reported: Reported, context: Context, tmp_path: Path, name: str, template: str, path: str
) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    context.report_templates = tmp_path / "ours"
    context.report_templates.mkdir()
    (context.report_templates / name).write_text(template)
    answer = reported.client.get(path.format(reported.id))
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:scarmass:problem:ReportNotTypeset"
    assert "secret" not in answer.json()["detail"].replace("secret.txt", "")


def test_the_page_waits_for_no_model_and_has_the_spread_once_one_was_asked(reported: Reported) -> None:
    def page(**params: str) -> str:
        return reported.client.get(f"/readings/{reported.id}/report", params=params).raise_for_status().text

    segmenter = reported.context.segmenter
    asked: list[object] = []
    segmenter.before_answer = asked.append  # type: ignore[attr-defined]
    assert 'data-asks="spread"' in page()
    assert "±" not in page()
    assert not asked
    assert "± 0.0 g" in page(asks="true")
    assert "± 0.0 g" in page()
    assert "data-asks" not in page()


def test_a_report_of_no_reading_is_a_page_that_is_not_there(reported: Reported) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    answer = reported.client.get(f"/readings/{nobody}/report")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert reported.client.get(f"/api/v1/readings/{nobody}/report").status_code == 404
    assert reported.client.get(f"/api/v1/readings/{nobody}/export?format=pdf").status_code == 404
