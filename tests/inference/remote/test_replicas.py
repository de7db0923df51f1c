"""Models on other machines: the same answers, each stack at one replica, nothing lost where a replica dies or all are
busy, and nothing kept of what was deleted."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from scarmass.domain.errors import ModelsBusy, ModelsUnavailable, PromptOutsideImage, WeightsInvalid
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.promotion import ModelKind
from scarmass.domain.prompts import Box, Point, Prompt
from scarmass.domain.protocols import Model, SliceImage
from scarmass.inference.remote.client import ModelFailed, Replicas, WeightsFile
from scarmass.inference.remote.cluster import NODE_PORTS, WORKER_PORTS
from scarmass.inference.remote.models import RemoteDetector, RemoteSegmenter
from scarmass.paths import CHECKOUT
from scarmass.services.context import Context
from tests.api.test_readings import BOX, edit, reading, stack
from tests.fakes import EchoSegmenter, FakeDetector
from tests.inference.remote.fake_engines import BROKEN
from tests.inference.remote.running import AT_ONCE, WAITING
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

__all__ = ["reading", "stack"]

TOKEN = "of these tests, and of nothing else"
AT_MOST = 2 * AT_ONCE + WAITING
STARTS = 3
"""Ray gives up starting where its own processes get no core for seconds."""
LONG_S = 120
"""Ray takes its time where others have the cores."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where two replicas answer. Development alone has a package that takes seconds to import, in each of Ray's
    processes: they do without."""
    folder = tmp_path_factory.mktemp("replicas")
    (folder / "rfc3987_syntax.py").write_text("raise ImportError")
    for _ in range(STARTS):
        with running(folder) as (port, process):
            assert process.stdout is not None
            if "started\n" in iter(process.stdout.readline, ""):
                threading.Thread(target=process.stdout.read, daemon=True).start()
                yield f"ray://127.0.0.1:{port}"
                return
    raise AssertionError(f"replicas did not start in {STARTS} attempts")


@contextmanager
def running(folder: Path) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    port, of_ray = ports()
    environment = {**os.environ, "SCARMASS_MODELS_TOKEN": TOKEN, "PYTHONPATH": f"{folder}:{CHECKOUT}"}
    command = [sys.executable, "-m", "tests.inference.remote.running", str(port), str(of_ray), str(folder / "kept")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield port, process
        finally:
            process.terminate()


def ports() -> tuple[int, int]:
    """One to answer at, and the first of Ray's, below those that others are given."""
    while True:
        first = random.randrange(20_000, 30_000)
        with ExitStack() as probes:
            try:
                for port in range(first, first + len(NODE_PORTS) + 1):
                    probe = probes.enter_context(socket.socket())
                    probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return first + len(NODE_PORTS) + WORKER_PORTS, first


@pytest.fixture(scope="module")
def replicas(address: str) -> Replicas:
    return Replicas(address, TOKEN)


def weights(folder: Path, content: bytes, kind: ModelKind = ModelKind.SEGMENTER) -> WeightsFile:
    path = folder / f"{kind}.safetensors"
    path.write_bytes(content)
    return WeightsFile(kind, Model(f"fake {kind}", sha256(content).hexdigest()), path)


@pytest.fixture
def segmenter(replicas: Replicas, tmp_path: Path) -> RemoteSegmenter:
    return RemoteSegmenter(replicas, weights(tmp_path, b"a segmenter"))


@pytest.fixture
def detector(replicas: Replicas, tmp_path: Path) -> RemoteDetector:
    return RemoteDetector(replicas, weights(tmp_path, b"a detector", ModelKind.DETECTOR))


@pytest.fixture
def elsewhere(segmenter: RemoteSegmenter, detector: RemoteDetector, context: Context, reading: dict) -> dict:
    """A prepared reading whose edits replicas answer."""
    context.segmenter, context.detector = segmenter, detector
    return reading


def image(key: str, stack: str = "") -> SliceImage:
    return SliceImage(key, np.arange(1200, dtype=np.float32).reshape(30, 40), (1.5, 1.25), stack)


PROMPT = Prompt(boxes=(Box(2, 3, 14.5, 12),), points=(Point(20.5, 20.5, True), Point(4.5, 4.5, False)))


def process_that_answers(segmenter: RemoteSegmenter, key: str, stack: str) -> int:
    return int(segmenter.segment(image(key, stack), None, PROMPT).score)


def stacks_at_both(segmenter: RemoteSegmenter, key: str) -> list[str]:
    """As many stacks as it takes for each replica to have embedded the slice of one."""
    stacks: list[str] = []
    processes: set[int] = set()

    def are_both_reached() -> bool:
        stacks.append(f"{key} {len(stacks)}")
        segmenter.embed(image(key, stacks[-1]), None)
        processes.add(process_that_answers(segmenter, key, stacks[-1]))
        return len(processes) == 2

    wait_until(are_both_reached)
    return stacks


def test_the_answers_are_those_of_models_in_the_same_process(
    segmenter: RemoteSegmenter, detector: RemoteDetector
) -> None:
    slices = [image("one", "a"), image("another", "b")]
    for region in (None, HeartRegion(20.0, 18.0, 30.0)):
        assert detector.detect(slices, region) == FakeDetector().detect(slices, region)
    here, there = EchoSegmenter(), segmenter.segment(slices[0], None, PROMPT)
    np.testing.assert_array_equal(there.mask, here.segment(slices[0], None, PROMPT).mask)
    np.testing.assert_array_equal(there.logits, here.segment(slices[0], None, PROMPT).logits)
    box = Box(4, 4, 20, 20)
    outline, same = segmenter.outline_ventricle(slices[0], None, box), here.outline_ventricle(slices[0], None, box)
    assert outline is not None
    assert same is not None
    np.testing.assert_array_equal(outline.blood_pool, same.blood_pool)
    assert segmenter.outline_ventricle(slices[0], None, None) is None
    assert not segmenter.is_structure_conditioned
    assert "nothing, bool at ray://" in segmenter.device_and_precision


def test_a_stack_stays_at_the_replica_that_holds_its_embeddings(segmenter: RemoteSegmenter) -> None:
    for each in stacks_at_both(segmenter, "slice"):
        said = [segmenter.segment(image("slice", each), None, PROMPT) for _ in range(6)]
        [(process, times), *_] = Counter(one.score for one in said).most_common()
        assert times >= 5  # preference, no law: of a busy machine one may go elsewhere
        assert all(one.is_likeliest for one in said if one.score == process)


def test_facts_come_through_as_what_they_are(segmenter: RemoteSegmenter, replicas: Replicas, tmp_path: Path) -> None:
    with pytest.raises(PromptOutsideImage, match="outside"):
        segmenter.segment(image("slice"), None, Prompt(boxes=(Box(0, 0, 900, 900),)))
    with pytest.raises(ModelFailed):
        segmenter.segment(image("fails"), None, PROMPT)
    with pytest.raises(WeightsInvalid, match="broken"):
        RemoteSegmenter(replicas, weights(tmp_path, BROKEN)).open()
    with pytest.raises(ModelsUnavailable, match="TOKEN"):
        RemoteSegmenter(Replicas(replicas.address, "another"), weights(tmp_path, b"a segmenter")).open()
    with pytest.raises(ModelsUnavailable, match="cannot be reached"):
        RemoteSegmenter(Replicas("ray://127.0.0.1:9", TOKEN), weights(tmp_path, b"a segmenter")).open()


def test_weights_that_are_altered_on_their_way_are_refused(replicas: Replicas, tmp_path: Path) -> None:
    altered = weights(tmp_path, b"what is meant")
    altered.path.write_bytes(b"what is sent")
    with pytest.raises(WeightsInvalid, match="hash"):
        RemoteSegmenter(replicas, altered).open()


def test_what_was_begun_with_the_weights_before_is_finished_by_them(replicas: Replicas, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    before = RemoteSegmenter(replicas, weights(tmp_path, b"before"))
    after = RemoteSegmenter(replicas, weights(tmp_path / "new", b"after"), serves=True)
    stacks = count()

    def is_finished_by_them() -> bool:
        begun = image("begun", f"rolling {next(stacks)}")
        before.embed(begun, None)
        after.open()
        assert not after.segment(begun, None, PROMPT).is_likeliest
        return before.segment(begun, None, PROMPT).is_likeliest

    wait_until(is_finished_by_them)  # at once, but where a request went to the other replica
    assert before.model != after.model


def test_what_is_deleted_is_forgotten_by_every_replica(segmenter: RemoteSegmenter) -> None:
    stacks = stacks_at_both(segmenter, "deleted")
    assert all(segmenter.segment(image("deleted", each), None, PROMPT).is_likeliest for each in stacks)
    segmenter.forget()
    wait_until(lambda: not any(segmenter.segment(image("deleted", each), None, PROMPT).is_likeliest for each in stacks))


def test_so_many_wait_and_more_are_refused_until_there_is_room(
    segmenter: RemoteSegmenter, client: TestClient, elsewhere: dict, tmp_path: Path
) -> None:
    go_on, refusals = tmp_path / "go on", []

    def ask(_: int) -> bool:
        while True:
            try:
                return bool(segmenter.segment(image(str(go_on)), None, PROMPT).mask.any())
            except ModelsBusy as busy:
                refusals.append(busy)
                threading.Event().wait(0.02)

    with ThreadPoolExecutor(4 * AT_MOST) as threads:
        asked = [threads.submit(ask, each) for each in range(4 * AT_MOST)]
        wait_until(lambda: len(refusals) > 50, LONG_S)
        refused = edit(client, elsewhere, 0, "prompt", index=5, boxes=[BOX])
        go_on.touch()
        assert all(one.result() for one in asked)
    assert (refused["status"], refused["type"]) == (503, "urn:scarmass:problem:ModelsBusy")
    again = client.post(f"/api/v1/readings/{elsewhere['id']}/edits", json=refused["body"])
    assert (again.status_code, again.json()["revision"]) == (200, 1)


def test_a_replica_that_is_killed_takes_no_edit_with_it(
    segmenter: RemoteSegmenter, client: TestClient, elsewhere: dict, tmp_path: Path
) -> None:
    assert edit(client, elsewhere, 0, "prompt", index=5, boxes=[BOX])["revision"] == 1
    go_on = tmp_path / "go on"
    with ThreadPoolExecutor(1) as thread:
        in_the_middle = thread.submit(segmenter.segment, image(str(go_on)), None, PROMPT)
        wait_until(lambda: list(tmp_path.glob("go on.*")), LONG_S)
        (begun,) = tmp_path.glob("go on.*")
        os.kill(int(begun.suffix[1:]), signal.SIGKILL)
        wait_until(lambda: len(list(tmp_path.glob("go on.*"))) == 2 or in_the_middle.done(), LONG_S)
        go_on.touch()
        assert in_the_middle.result().mask.any()
    assert edit(client, elsewhere, 1, "prompt", index=6, boxes=[BOX])["revision"] == 2
    assert client.get(f"/api/v1/readings/{elsewhere['id']}").json()["revision"] == 2


def test_readyz_tells_whether_models_answer(replicas: Replicas, context: Context, client: TestClient) -> None:
    context.models_answer = replicas.answer
    assert client.get("/readyz").json()["models_answer"]
    context.models_answer = Replicas("ray://127.0.0.1:9", TOKEN).answer
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["models_answer"]) == (200, False)
