"""The earlier studies of a patient: told with the reading that speaks for them, and never another patient's."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.api.patients import NOW, THEN, study_files
from tests.api.signing import accept_all, edit, name_of, open_reading, send, sign
from tests.conftest import upload

pytestmark = pytest.mark.slow

NOBODY: dict[str, str] = {}


def taken_in(client: TestClient, folder: Path, date: str, **fields) -> dict:
    """The study as it was uploaded."""
    return upload(client, study_files(folder, date, **fields))["studies"][0]


def stack_of(study: dict) -> str:
    return study["stacks"][0]["stack_id"]


def priors(client: TestClient, study: dict) -> list[dict]:
    return client.get(f"/api/v1/studies/{study['study_instance_uid']}/priors").raise_for_status().json()["priors"]


@pytest.fixture
def now(client: TestClient, tmp_path: Path) -> dict:
    return taken_in(client, tmp_path, NOW)


@pytest.fixture
def then(client: TestClient, tmp_path: Path) -> dict:
    return taken_in(client, tmp_path, THEN, seed=8, slices=5)


def test_an_earlier_study_of_the_patient_is_offered_and_no_study_is_its_own_prior(
    client: TestClient, now: dict, then: dict
) -> None:
    (prior,) = priors(client, now)
    assert (prior["study_instance_uid"], prior["study_date"]) == (then["study_instance_uid"], THEN)
    assert (prior["stack_id"], prior["number_of_slices"]) == (stack_of(then), 5)
    assert (prior["doubts"], prior["reading"]) == ([], None)
    assert priors(client, then) == []


def test_several_are_told_newest_first(client: TestClient, tmp_path: Path, now: dict, then: dict) -> None:
    taken_in(client, tmp_path, "20250601", seed=9)
    assert [prior["study_date"] for prior in priors(client, now)] == ["20250601", THEN]


@pytest.mark.parametrize(
    ("differs", "doubts"),
    [({"PatientBirthDate": "19500315"}, ["birth_date"]), ({"PatientName": "Other^Name"}, ["name"])],
)
def test_a_birth_date_or_a_name_that_differs_is_said(
    client: TestClient, tmp_path: Path, now: dict, differs: dict, doubts: list[str]
) -> None:
    taken_in(client, tmp_path, THEN, seed=8, **differs)
    (prior,) = priors(client, now)
    assert prior["doubts"] == doubts


@pytest.mark.parametrize("differs", [{"PatientID": "TWICE-2"}, {"PatientID": ""}])
def test_another_patient_id_is_another_patient(
    client: TestClient, tmp_path: Path, now: dict, differs: dict[str, str]
) -> None:
    taken_in(client, tmp_path, THEN, seed=8, **differs)
    assert priors(client, now) == []


def test_one_number_of_two_issuers_is_two_patients(client: TestClient, tmp_path: Path) -> None:
    now = taken_in(client, tmp_path, NOW, IssuerOfPatientID="HOSPITAL-A")
    taken_in(client, tmp_path, THEN, seed=8, IssuerOfPatientID="HOSPITAL-B")
    assert priors(client, now) == []


def test_a_study_without_late_enhancement_or_off_the_worklist_is_not_offered(
    client: TestClient, now: dict, then: dict
) -> None:
    client.patch(f"/api/v1/stacks/{stack_of(then)}", json={"is_lge": False}).raise_for_status()
    assert priors(client, now) == []
    client.patch(f"/api/v1/stacks/{stack_of(then)}", json={"is_lge": True}).raise_for_status()
    client.patch(f"/api/v1/studies/{then['study_instance_uid']}", json={"removed": True}).raise_for_status()
    assert priors(client, now) == []


def test_what_was_signed_speaks_for_it_and_before_that_the_draft(client: TestClient, now: dict, then: dict) -> None:
    draft = open_reading(client, stack_of(then), NOBODY)
    (prior,) = priors(client, now)
    assert (prior["reading"]["id"], prior["reading"]["signature"]) == (draft["id"], None)
    signed = sign(client, accept_all(client, draft))
    open_reading(client, stack_of(then), NOBODY, own=True)
    (prior,) = priors(client, now)
    assert (prior["reading"]["id"], prior["reading"]["scar"]) == (signed["id"], signed["totals"])
    assert prior["reading"]["signature"]["reader"].startswith("Dr Anna")


def test_while_it_is_amended_the_last_signature_counts(client: TestClient, now: dict, then: dict) -> None:
    signed = sign(client, accept_all(client, open_reading(client, stack_of(then), NOBODY)))
    amended = send(client, signed, "amend").raise_for_status().json()
    edit(client, amended, "no_scar", **name_of(amended, 2)).raise_for_status()
    (prior,) = priors(client, now)
    assert prior["reading"]["id"] == signed["id"]
    assert prior["reading"]["scar"] == signed["totals"]


def test_the_priors_of_a_study_that_is_not_there(client: TestClient) -> None:
    assert client.get("/api/v1/studies/1.2.3/priors").status_code == 404


def report_of(client: TestClient, reading: dict, language: str = "en") -> dict:
    path = f"/api/v1/readings/{reading['id']}/report"
    return client.get(path, params={"language": language}).raise_for_status().json()


def test_the_report_tells_the_prior_that_is_signed_with_the_difference(
    client: TestClient, now: dict, then: dict
) -> None:
    reading = open_reading(client, stack_of(now), NOBODY)
    draft = open_reading(client, stack_of(then), NOBODY)
    assert report_of(client, reading)["prior"] is None
    edit(client, draft, "no_scar", **name_of(draft, 2)).raise_for_status()
    signed = sign(client, accept_all(client, draft))
    told = report_of(client, reading)
    prior = told["prior"]
    assert (prior["study_date"], prior["reading_id"], prior["scar"]) == (THEN, signed["id"], signed["totals"])
    for by in ("by_slice_thickness", "by_slice_spacing"):
        less = told["scar"][by]["mass_g"] - prior["scar"][by]["mass_g"]
        assert less != 0
        assert prior["difference"][by]["mass_g"] == pytest.approx(less)


@pytest.mark.parametrize(
    ("language", "heading"),
    [
        ("en", "Prior study"),
        ("de", "Voruntersuchung"),
        ("fr", "Examen antérieur"),
        ("es", "Estudio previo"),
        ("zh", "既往检查"),
    ],
)
def test_the_page_says_it_in_every_language(
    client: TestClient, now: dict, then: dict, language: str, heading: str
) -> None:
    reading = open_reading(client, stack_of(now), NOBODY)
    draft = open_reading(client, stack_of(then), NOBODY)
    edit(client, draft, "no_scar", **name_of(draft, 2)).raise_for_status()
    sign(client, accept_all(client, draft))
    prior = report_of(client, reading)["prior"]
    page = client.get(f"/readings/{reading['id']}/report", params={"language": language}).text
    assert heading in page
    for by in ("by_slice_thickness", "by_slice_spacing"):
        for grams in (f"{prior['scar'][by]['mass_g']:.2f}", f"{prior['difference'][by]['mass_g']:+.2f}"):
            assert f"{grams.replace('.', ',') if language in ('de', 'fr', 'es') else grams} g" in page


def test_a_prior_that_may_be_another_patients_is_in_no_report(client: TestClient, tmp_path: Path, now: dict) -> None:
    then = taken_in(client, tmp_path, THEN, seed=8, PatientBirthDate="19500315")
    sign(client, accept_all(client, open_reading(client, stack_of(then), NOBODY)))
    assert report_of(client, open_reading(client, stack_of(now), NOBODY))["prior"] is None


def test_what_is_signed_later_changes_no_report_that_is_signed(client: TestClient, now: dict, then: dict) -> None:
    signed = sign(client, accept_all(client, open_reading(client, stack_of(now), NOBODY)))
    sign(client, accept_all(client, open_reading(client, stack_of(then), NOBODY)))
    assert report_of(client, signed)["prior"] is None
