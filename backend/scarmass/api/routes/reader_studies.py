"""Reader studies: made, read one assignment after the other, and what comes of them."""

import uuid
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi import Path as PathParameter

from scarmass.api.dependencies import (
    CanManage,
    CanRead,
    CanView,
    CurrentReader,
    InContext,
    NamedReader,
    WithEmbeddingAhead,
)
from scarmass.api.schemas.reader_studies import (
    MakeReaderStudy,
    NextRequest,
    OpenedAssignment,
    ReaderStudies,
    ReaderStudy,
    Results,
)
from scarmass.api.schemas.signing import Assignment
from scarmass.domain.mass import MassExtent
from scarmass.domain.reader_study import MOST_REPEATS, Arm
from scarmass.services.reader_studies import open as opening
from scarmass.services.reader_studies.results import Selected, bland_altman_of, results_of, rows_of
from scarmass.services.readings.export import to_csv

router = APIRouter(prefix="/api/v1/reader-studies", tags=["reader studies"])


class ResultsFormat(StrEnum):
    JSON = "json"
    CSV = "csv"


@router.post("", status_code=201)
def make_reader_study(
    request: MakeReaderStudy, _: CanManage, context: InContext, reader: CurrentReader, named: NamedReader
) -> ReaderStudy:
    """A list of stacks that readers measure, each in an order of their own; it stays as it is made."""
    return ReaderStudy.of(opening.make_reader_study(context, request.to_domain(named), request.client_id, reader))


@router.get("")
def list_reader_studies(
    _: CanView,
    context: InContext,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> ReaderStudies:
    found = opening.page_of_reader_studies(context, limit + 1, cursor)
    page, more = found[:limit], len(found) > limit
    return ReaderStudies(
        reader_studies=[ReaderStudy.of(one) for one in page],
        next_cursor=page[-1].stored.number if more else None,
    )


@router.get("/{study_id}")
def show_reader_study(study_id: uuid.UUID, _: CanView, context: InContext) -> ReaderStudy:
    return ReaderStudy.of(opening.show_reader_study(context, study_id))


@router.post("/{study_id}/next", status_code=201, responses={200: {"model": OpenedAssignment}})
def open_next(
    study_id: uuid.UUID,
    request: NextRequest,
    _: CanRead,
    context: InContext,
    reader: CurrentReader,
    embedding_ahead: WithEmbeddingAhead,
    response: Response,
) -> OpenedAssignment:
    """The reader's first assignment that is not signed, with its reading, which is begun where it is new.

    One without proposals is a draft of empty slices at once.
    """
    opened = opening.open_next(context, study_id, request.client_id, reader)
    if not opened.is_new or opened.assignment.arm is Arm.WITHOUT_PROPOSALS:
        embedding_ahead.start(opened.reading_id)
    response.status_code = 201 if opened.is_new else 200
    return OpenedAssignment(assignment=Assignment.of_domain(opened.assignment), reading_id=opened.reading_id)


@router.get(
    "/{study_id}/results",
    response_model=Results,
    responses={200: {"content": {"application/json": {}, "text/csv": {"schema": {"type": "string"}}}}},
)
def get_results(
    study_id: uuid.UUID,
    _: CanView,
    context: InContext,
    asking: CurrentReader,
    named: NamedReader,
    format: ResultsFormat = ResultsFormat.JSON,
    reader: Annotated[str | None, Query(min_length=1, max_length=128)] = None,
    arm: Arm | None = None,
    repeat: Annotated[int | None, Query(ge=1, le=MOST_REPEATS)] = None,
) -> Results | Response:
    """What is signed: every measurement, what sets of them come to, and how far they agree.

    As CSV one row a measurement, of one reader, arm or repeat where that is asked for: two such files are what
    `scarmass agreement` compares.
    """
    if format is ResultsFormat.JSON:
        return Results.of(results_of(context, study_id, asking))
    selected = Selected(None if reader is None else named(reader), arm, repeat)
    text = to_csv(rows_of(context, study_id, asking, selected))
    headers = {"Content-Disposition": f'attachment; filename="reader-study_{str(study_id)[:8]}.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.get(
    "/{study_id}/comparisons/{number}/bland-altman",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}}},
)
def get_bland_altman(
    study_id: uuid.UUID,
    number: Annotated[int, PathParameter(ge=0, le=10_000)],
    _: CanView,
    context: InContext,
    reader: CurrentReader,
    extent: MassExtent = MassExtent.SLICE_THICKNESS,
) -> Response:
    """The plot of a comparison of two sets, by its number in the results."""
    return Response(
        bland_altman_of(context, study_id, number, extent, reader), media_type="image/svg+xml; charset=utf-8"
    )
