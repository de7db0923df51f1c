"""What leaves ScarMass: a reading's report, and readings as files."""

import uuid
from collections.abc import Mapping
from enum import StrEnum
from io import BytesIO
from types import MappingProxyType
from typing import Annotated, Any
from zipfile import ZipFile, ZipInfo

from fastapi import APIRouter, Query, Response

from scarmass.api.dependencies import CanRead, CanView, CurrentReader, InContext
from scarmass.api.schemas.report import Report, ReportTextRequest
from scarmass.domain.pacs import ResultKind
from scarmass.services.context import Context
from scarmass.services.readings.dicom_objects import dicom_objects
from scarmass.services.readings.export import export_rows, to_csv, to_json, total_rows
from scarmass.services.readings.export_tables import TableOf, other_tables, rows_of
from scarmass.services.readings.report import report_of, write_text
from scarmass.services.readings.report_pages import to_pdf
from scarmass.services.readings.report_sheet import sheet_of
from scarmass.services.readings.words import Language
from scarmass.services.readings.xlsx import to_xlsx

router = APIRouter(prefix="/api/v1", tags=["readings"])

MOST_READINGS = 200
"""In one table."""


class TableFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


class FileFormat(StrEnum):
    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"
    PDF = "pdf"
    SEG = "seg"
    SR = "sr"
    PDF_DICOM = "pdf-dicom"
    KEY_IMAGES = "key-images"


DICOM_KINDS = {
    FileFormat.SEG: ResultKind.SEG,
    FileFormat.SR: ResultKind.SR,
    FileFormat.PDF_DICOM: ResultKind.PDF,
    FileFormat.KEY_IMAGES: ResultKind.KEY_IMAGES,
}
"""Formats that are DICOM objects: one as a file of part 10, key images together in an archive."""

MEDIA_TYPES = {
    "dcm": "application/dicom",
    "zip": "application/zip",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def _files(*formats: str) -> dict[int | str, dict[str, Any]]:
    binary = {"schema": {"type": "string", "format": "binary"}}
    content = {MEDIA_TYPES[one].partition(";")[0]: binary for one in formats}
    return {200: {"content": {"text/csv": {"schema": {"type": "string"}}, "application/json": {}, **content}}}


@router.get("/readings/{reading_id}/report")
def get_report(reading_id: uuid.UUID, _: CanView, context: InContext, language: Language = Language.ENGLISH) -> Report:
    """Everything that the report's page tells; language: of the finding that is proposed from the numbers."""
    return Report.of(report_of(context, reading_id), language)


@router.post("/readings/{reading_id}/report/text")
def add_report_text(
    reading_id: uuid.UUID,
    request: ReportTextRequest,
    _: CanRead,
    context: InContext,
    reader: CurrentReader,
    language: Language = Language.ENGLISH,
) -> Report:
    """Write the report's finding and remarks; the versions before stay in the record. A signed reading takes none."""
    written = request.finding, request.remarks, request.quality
    report = write_text(context, reading_id, reader, *written, request.after)
    return Report.of(report, language)


@router.get("/readings/{reading_id}/export", response_class=Response, responses=_files("xlsx", "pdf", "dcm", "zip"))
def export_reading(
    reading_id: uuid.UUID,
    _: CanView,
    context: InContext,
    format: FileFormat = FileFormat.CSV,
    language: Language = Language.ENGLISH,
    table: TableOf = TableOf.SLICES,
) -> Response:
    """The reading as a file; a draft or a signed one says so in its name and in every row or page.

    language: of the PDF. table: of CSV; JSON and XLSX have all of them.
    """
    if format in DICOM_KINDS:
        return _dicom(context, reading_id, format)
    name, rows = export_rows(context, reading_id)
    if format is FileFormat.PDF:
        pdf = to_pdf(sheet_of(report_of(context, reading_id), language), context.report_templates)
        return _file(pdf, name, "pdf")
    if format is FileFormat.CSV and table is not TableOf.SLICES:
        return _file(to_csv(rows_of(context, reading_id, table)), f"{name}_{table.value}", "csv")
    others = {} if format is FileFormat.CSV else other_tables(context, reading_id)
    return _table(rows, name, format.value, others)


def _dicom(context: Context, reading_id: uuid.UUID, format: FileFormat) -> Response:
    name, _ = export_rows(context, reading_id)
    objects = dicom_objects(context, reading_id, [DICOM_KINDS[format]])
    if format is not FileFormat.KEY_IMAGES:
        return _file(objects[0].content, f"{name}_{format.value}", "dcm")
    archive = BytesIO()
    with ZipFile(archive, "w") as files:
        for number, one in enumerate(objects, 1):
            files.writestr(ZipInfo(f"{name}_{format.value}_{number}.dcm"), one.content)
    return _file(archive.getvalue(), f"{name}_{format.value}", "zip")


@router.get("/export", response_class=Response, responses=_files("xlsx"))
def export_totals(
    _: CanView,
    context: InContext,
    reading: Annotated[list[uuid.UUID], Query(min_length=1, max_length=MOST_READINGS)],
    format: TableFormat = TableFormat.CSV,
) -> Response:
    """The totals of several readings in one table, each reading once."""
    name, rows = total_rows(context, reading)
    return _table(rows, name, format.value)


def _table(
    rows: list[dict[str, Any]],
    name: str,
    format: str,
    others: Mapping[str, list[dict[str, Any]]] = MappingProxyType({}),
) -> Response:
    if format == "json":
        return Response(to_json(rows, others), media_type="application/json", headers=_named(name, format))
    return _file(to_xlsx(rows, others) if format == "xlsx" else to_csv(rows), name, format)


def _file(content: bytes | str, name: str, format: str) -> Response:
    return Response(content, media_type=MEDIA_TYPES[format], headers=_named(name, format))


def _named(name: str, format: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}.{format}"'}
