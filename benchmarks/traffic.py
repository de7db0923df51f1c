"""What a reader's browser asks of a running server, timed: uploads, first clicks, later clicks, edits."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import count
from time import sleep

import httpx

from benchmarks.server import Server
from benchmarks.subjects import Subject
from benchmarks.timing import elapsed_ms
from scarmass.domain.masks import from_rle, pixel_index
from scarmass.domain.prompts import Box, Prompt


class FreshStacks:
    """Studies that the server has never seen; every upload is timed."""

    def __init__(self, server: Server, subjects: Iterator[Subject]) -> None:
        self._server = server
        self._subjects = subjects
        self.upload_ms: list[float] = []
        self.object_bytes = 0

    def new(self) -> Subject:
        """A study on the disk that is not uploaded."""
        return next(self._subjects)

    def uploaded(self) -> tuple[Subject, str]:
        """A new study and the id of its stack."""
        subject = self.new()
        stack_ids: list[str] = []
        self.upload_ms.append(elapsed_ms(lambda: stack_ids.append(self._server.upload(subject))))
        self.object_bytes = subject.bytes // len(subject.files)
        return subject, stack_ids[0]

    def first_click_ms(self) -> float:
        """A click on a stack that was only uploaded: nothing is detected or embedded."""
        subject, _ = self.uploaded()
        return elapsed_ms(lambda: self._server.segment(*subject.middle_prompt))

    def opened_click_ms(self) -> float:
        """A click on the slice that is looked at, a second after the reading of a fresh stack was opened."""
        subject, stack_id = self.uploaded()
        uid, prompt = subject.middle_prompt
        reading_id = self._server.open_reading(stack_id)
        self._server.look(reading_id, uid)
        sleep(1)
        took_ms = elapsed_ms(lambda: self._server.edit(reading_id, 0, uid, prompt))
        self._server.wait_until_ready(reading_id)
        return took_ms

    def ready_s(self) -> float:
        """From opening the reading of a stack that was only uploaded until it is prepared."""
        _, stack_id = self.uploaded()
        return elapsed_ms(lambda: self._server.wait_until_ready(self._server.open_reading(stack_id))) / 1000

    def while_preparing(self, work: Callable[[], list[float]]) -> list[float]:
        """Do the work right after opening another reading; answers when that is ready too."""
        _, stack_id = self.uploaded()
        reading_id = self._server.open_reading(stack_id)
        measured = work()
        self._server.wait_until_ready(reading_id)
        return measured


class PreparedStack:
    """A stack with its reading ready; clicks go round its scarred slices, none of them twice in the same place."""

    def __init__(self, server: Server, subject: Subject, stack_id: str) -> None:
        self._server = server
        self._reading_id = server.open_reading(stack_id)
        self._prompts = never_the_same(subject.prompts)
        self._revisions = count()
        self.inside_ms: list[float] = []
        server.wait_until_ready(self._reading_id)

    def click_ms(self) -> float:
        """A new box and a click on an embedded slice; inside_ms collects what the route says of itself."""
        uid, prompt = next(self._prompts)
        return elapsed_ms(lambda: self.inside_ms.append(self._server.segment(uid, prompt)["elapsed_ms"]))

    def correction_ms(self) -> float:
        """Another click in a box that was answered before, against that answer: with a click that it obeys already
        no model is asked."""
        uid, prompt = next(self._prompts)
        mask = from_rle(self._server.segment(uid, replace(prompt, points=()))["mask"])
        points = tuple(
            replace(point, positive=not mask[pixel_index(point.x, point.y, mask.shape)]) for point in prompt.points
        )
        return elapsed_ms(lambda: self._server.segment(uid, replace(prompt, points=points)))

    def edit_ms(self) -> float:
        """The same as an edit of the reading, committed."""
        revision, (uid, prompt) = next(self._revisions), next(self._prompts)
        return elapsed_ms(lambda: self._server.edit(self._reading_id, revision, uid, prompt))

    @contextmanager
    def followed(self, streams: int) -> Iterator[None]:
        """So many pages that follow the reading by server-sent events."""
        limits = httpx.Limits(max_connections=None)
        address = f"/api/v1/readings/{self._reading_id}/events"
        with ExitStack() as opened:
            pages = httpx.Client(base_url=self._server.http.base_url, limits=limits, timeout=60, trust_env=False)
            opened.enter_context(pages)
            for _ in range(streams):
                opened.enter_context(pages.stream("GET", address))
            yield

    def healthz_ms(self) -> float:
        return elapsed_ms(lambda: self._server.http.get("/healthz").raise_for_status())


def never_the_same(prompts: Mapping[str, Prompt]) -> Iterator[tuple[str, Prompt]]:
    """The slices' prompts round and round, each box a little wider than the time before: no answer is kept of it."""
    for round_number in count():
        wider = (round_number % 400) / 100
        for uid, prompt in prompts.items():
            boxes = tuple(Box(box.x0, box.y0, box.x1 + wider, box.y1) for box in prompt.boxes)
            yield uid, replace(prompt, boxes=boxes)
