"""No import changes a reading: what its own edits made of it stays, whatever comes into the study, in any order."""

import csv
import io
import random
import time
import uuid
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from fastapi.testclient import TestClient

from scarmass.domain.masks import to_rle
from tests.services.test_intake import changed

pytestmark = pytest.mark.slow

NUMBERS = ("index", "slice_state", "slice_spacing_mm", "slice_thickness_mm", "area_mm2", "mass_g_by_slice_thickness",
           "mass_g_by_slice_spacing", "reviewed", "of", "readers", "revision")  # fmt: skip
KINDS = ("paint", "paint", "prompt", "no_scar", "accept", "exclude", "include", "clear", "undo", "redo", "take_over")


@dataclass
class Scanner:
    """Sends a study in pieces: what is left of it, what was sent already, repeats, and slices between two others."""

    client: TestClient
    draw: random.Random
    waiting: list[bytes]
    sent: list[bytes] = field(default_factory=list)

    def send(self, *contents: bytes) -> dict:
        files = [("files", (f"{n}.dcm", content)) for n, content in enumerate(contents)]
        answer = self.client.post("/api/v1/studies", files=files)
        assert answer.status_code == 201, answer.text
        self.sent += contents
        return answer.json()

    def send_something(self) -> None:
        getattr(
            self, self.draw.choice(("send_late_half", "send_again", "send_repeat", "send_inserted", "send_apart"))
        )()

    def send_late_half(self) -> None:
        half = self.waiting[: self.draw.randint(1, 3)]
        if half:
            del self.waiting[: len(half)]
            self.send(*half)

    def send_again(self) -> None:
        self.send(*self.draw.sample(self.sent, 2))

    def send_repeat(self) -> None:
        self.send(changed(self.draw.choice(self.sent), SOPInstanceUID=self._uid(), InstanceNumber=self._number()))

    def send_apart(self) -> None:
        """A repeat in a series of its own, which may join differently."""
        again = self.draw.choice(self.sent)
        self.send(changed(again, SOPInstanceUID=self._uid(), SeriesInstanceUID=self._uid()))

    def send_inserted(self) -> None:
        one, other = self.draw.sample(self.sent, 2)
        positions = [np.array(pydicom.dcmread(BytesIO(c)).ImagePositionPatient, float) for c in (one, other)]
        between = [
            round(float(mm), 4) for mm in positions[0] + (positions[1] - positions[0]) * self.draw.uniform(0.2, 0.4)
        ]
        self.send(changed(one, SOPInstanceUID=self._uid(), ImagePositionPatient=between))

    def _uid(self) -> str:
        return f"1.2.826.{self.draw.getrandbits(60)}"

    def _number(self) -> int:
        return self.draw.randint(0, 900)


@dataclass
class Reader:
    """Edits at random and remembers what each answer said."""

    client: TestClient
    draw: random.Random
    reading_id: str
    known: dict

    def edit(self) -> None:
        kind = self.draw.choice(KINDS)
        body = {"client_id": str(uuid.uuid4()), "expected_revision": self.known["revision"], "kind": kind}
        image = self.draw.choice(self.known["images"])
        if kind not in ("undo", "redo", "take_over"):
            body["sop_instance_uid"] = image["sop_instance_uid"]
        if kind == "prompt":
            body["boxes"] = [{"x0": 20, "y0": 20, "x1": self.draw.randint(25, 60), "y1": 40}]
        if kind == "paint":
            mask = np.zeros((image["rows"], image["columns"]), bool)
            mask[: self.draw.randint(1, 30), : self.draw.randint(1, 30)] = True
            body |= {"mask": to_rle(mask), "structure": self.draw.choice(("scar", "left_ventricle"))}
        answer = self.client.post(f"/api/v1/readings/{self.reading_id}/edits", json=body)
        assert answer.status_code in (200, 409), answer.text
        if answer.status_code == 200:
            answered = answer.json()
            self.known = {**prepared(self.client, self.reading_id), "revision": answered["revision"]}
            if kind not in ("undo", "redo", "take_over"):
                touched = {one["sop_instance_uid"]: one for one in answered["slices"]}
                assert all(one == touched.get(one["sop_instance_uid"], one) for one in self.known["slices"])
                assert self.known["totals"] == answered["totals"]

    def expect_nothing_changed(self) -> None:
        now = prepared(self.client, self.reading_id)
        for name in ("slices", "images", "totals", "structures", "mass_g", "reviewed", "of", "revision", "state"):
            assert now[name] == self.known[name], name


def prepared(client: TestClient, reading_id: str) -> dict:
    for _ in range(400):
        reading = client.get(f"/api/v1/readings/{reading_id}").json()
        if reading["state"] != "preparing":
            return reading
        time.sleep(0.02)
    raise AssertionError("not prepared in time")


def exported(client: TestClient, reading_id: str) -> list[dict]:
    text = client.get(f"/api/v1/readings/{reading_id}/export").text
    return [{name: row[name] for name in NUMBERS} for row in csv.DictReader(io.StringIO(text))]


def opened(client: TestClient, stack_id: str) -> dict:
    answer = client.post(f"/api/v1/stacks/{stack_id}/readings", json={"client_id": str(uuid.uuid4())})
    return prepared(client, answer.json()["id"])


def stack_of(intake: dict) -> dict:
    return max(intake["studies"][0]["stacks"], key=lambda stack: stack["number_of_slices"])


def take_over(client: TestClient, reading: dict) -> dict:
    body = {"client_id": str(uuid.uuid4()), "expected_revision": reading["revision"], "kind": "take_over"}
    answer = client.post(f"/api/v1/readings/{reading['id']}/edits", json=body)
    assert answer.status_code == 200, answer.text
    return prepared(client, reading["id"])


@pytest.fixture
def contents(phantom_files: list[Path]) -> list[bytes]:
    return [path.read_bytes() for path in phantom_files]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_imported_between_edits_a_reading_is_what_its_edits_made_it(
    client: TestClient, contents: list[bytes], seed: int
) -> None:
    draw = random.Random(seed)
    draw.shuffle(contents)
    scanner = Scanner(client, draw, contents[4:])
    reading = opened(client, stack_of(scanner.send(*contents[:4]))["stack_id"])
    reader = Reader(client, draw, reading["id"], reading)
    for _ in range(14):
        if draw.random() < 0.5:
            reader.edit()
            continue
        rows = exported(client, reading["id"])
        scanner.send_something()
        reader.expect_nothing_changed()
        assert exported(client, reading["id"]) == rows


def test_a_study_that_arrives_in_halves_ends_fully_prepared_once_it_is_taken_over(
    client: TestClient, contents: list[bytes]
) -> None:
    scanner = Scanner(client, random.Random(0), [])
    stack_id = stack_of(scanner.send(*contents[::2]))["stack_id"]
    reading = opened(client, stack_id)
    assert reading["growth"] is None
    late = stack_of(scanner.send(*contents[1::2]))
    assert (late["stack_id"], late["growth"]) == (
        stack_id,
        {"images": len(contents[1::2]), "slices": len(contents[1::2])},
    )
    whole = take_over(client, prepared(client, reading["id"]))
    assert (whole["growth"], whole["of"], whole["prepared"]) == (None, len(contents), len(contents))
    assert {one["state"] for one in whole["slices"]} == {"proposed"}
    assert [one["slice_spacing_mm"] for one in whole["images"]] == pytest.approx([10.0] * len(contents), abs=5)
    kept = {one["sop_instance_uid"]: one["mask"] for one in whole["slices"]}
    assert all(kept[one["sop_instance_uid"]] == one["mask"] for one in reading["slices"])


def test_taking_slices_over_is_an_edit_that_can_be_undone(client: TestClient, contents: list[bytes]) -> None:
    scanner = Scanner(client, random.Random(0), [])
    reading = opened(client, stack_of(scanner.send(*contents[:5]))["stack_id"])
    scanner.send(*contents[5:])
    whole = take_over(client, reading)
    body = {"client_id": str(uuid.uuid4()), "expected_revision": whole["revision"], "kind": "undo"}
    client.post(f"/api/v1/readings/{reading['id']}/edits", json=body)
    undone = prepared(client, reading["id"])
    assert (undone["slices"], undone["totals"]) == (reading["slices"], reading["totals"])
    assert undone["growth"] == {"images": len(contents) - 5, "slices": len(contents) - 5}


def test_a_repeated_image_is_told_and_there_is_nothing_to_take_over(client: TestClient, contents: list[bytes]) -> None:
    scanner = Scanner(client, random.Random(1), [])
    reading = opened(client, stack_of(scanner.send(*contents))["stack_id"])
    scanner.send_repeat()
    now = prepared(client, reading["id"])
    assert now["growth"] == {"images": 1, "slices": 0}
    assert now["totals"] == reading["totals"]
    body = {"client_id": str(uuid.uuid4()), "expected_revision": 0, "kind": "take_over"}
    refused = client.post(f"/api/v1/readings/{reading['id']}/edits", json=body)
    assert (refused.status_code, refused.json()["type"].rsplit(":")[-1]) == (409, "NothingToTakeOver")


def test_breath_holds_that_join_one_of_two_stacks_later_leave_every_reading_and_its_stack(
    client: TestClient, contents: list[bytes]
) -> None:
    """One series of two slices, a slice a series after the patient lay down anew, and then more of the first."""
    scanner = Scanner(client, random.Random(2), [])
    apart = [changed(content, SeriesInstanceUID=f"1.2.3.{n}") for n, content in enumerate(contents)]
    apart[2:6] = [changed(content, FrameOfReferenceUID="1.2.4") for content in apart[2:6]]
    first = opened(client, stack_of(scanner.send(*contents[:2]))["stack_id"])
    other = scanner.send(*apart[2:6])["studies"][0]["stacks"]
    second = opened(client, next(s["stack_id"] for s in other if s["stack_id"] != first["stack_id"]))
    study = scanner.send(*apart[6:])["studies"][0]
    for reading in (first, second):
        now = prepared(client, reading["id"])
        assert (now["slices"], now["totals"]) == (reading["slices"], reading["totals"])
        assert reading["stack_id"] in [stack["stack_id"] for stack in study["stacks"]]
    numbers = {stack["stack_id"]: stack["number_of_slices"] for stack in study["stacks"]}
    assert numbers == {first["stack_id"]: len(contents) - 4, second["stack_id"]: 4}
