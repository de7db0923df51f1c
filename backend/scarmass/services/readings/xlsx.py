"""Rows as a workbook: numbers as numbers with their digits, text as text that no program takes for a formula."""

from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from types import MappingProxyType
from typing import Any

import xlsxwriter

from scarmass.services.formulas import harmless
from scarmass.services.readings.export import DIGITS

CREATED = datetime(2000, 1, 1, tzinfo=UTC)
"""Of every workbook, so that the same rows are the same file; each row says when it was exported."""

WIDEST = 40


FIRST_SHEET = "LGE mass"


def to_xlsx(rows: list[dict[str, Any]], others: Mapping[str, list[dict[str, Any]]] = MappingProxyType({})) -> bytes:
    """A sheet with a heading line, and one for each other table that has rows; these have the columns of the first."""
    out = BytesIO()
    texts = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, {"in_memory": True, **texts}) as book:
        book.set_properties({"created": CREATED})
        heading = book.add_format({"bold": True})
        formats = {digits: book.add_format({"num_format": f"0.{'0' * digits}"}) for digits in set(DIGITS.values())}
        for name, table in {FIRST_SHEET: rows, **others}.items():
            if table:
                _fill(book.add_worksheet(name), table, heading, formats)
    return out.getvalue()


def _fill(sheet: Any, rows: list[dict[str, Any]], heading: Any, formats: Mapping[int, Any]) -> None:
    for column, name in enumerate(rows[0]):
        digits = next((digits for start, digits in DIGITS.items() if name.startswith(start)), None)
        sheet.set_column(column, column, _width(name, rows), formats.get(digits) if digits is not None else None)
        sheet.write_string(0, column, name, heading)
        for line, row in enumerate(rows, start=1):
            _write(sheet, line, column, harmless(row[name]))
    sheet.freeze_panes(1, 0)


def _write(sheet: Any, line: int, column: int, cell: Any) -> None:
    if isinstance(cell, bool):
        sheet.write_boolean(line, column, cell)
    elif isinstance(cell, (int, float)):
        sheet.write_number(line, column, cell)
    elif cell is not None:
        sheet.write_string(line, column, str(cell))


def _width(name: str, rows: list[dict[str, Any]]) -> int:
    longest = max(len(name), *(len(str(row[name])) for row in rows))
    return min(longest + 1, WIDEST)
