"""Sets of readings to compare: the application's CSV exports, or a plain table with a patient and a number a row.

An export counts by its rows "total", so that exports of several readings may stand one after the other, headers
included. Without a "row" column a table needs patient, perhaps stack, and mass_g or scar_percent.
"""

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from scarmass.domain.errors import ReadingsInvalid, ReadingsNotComparable
from scarmass.domain.mass import MassExtent

Row = Mapping[str, str]

UNITS = {"mass_g": "g", "scar_percent": "%"}


class Key(NamedTuple):
    """Whose reading it is; stack is None in a table that tells patients only."""

    patient: str
    stack: str | None

    def __str__(self) -> str:
        return self.patient if self.stack is None else f"{self.patient} (stack {self.stack})"


@dataclass(frozen=True)
class Readings:
    """Values by whose they are, all of one quantity (a column's name), one density and one status (None: not given).

    incomplete: readings not all of whose slices had been reviewed.
    """

    name: str
    quantity: str
    values: Mapping[Key, float]
    density_g_per_ml: str | None = None
    status: str | None = None
    incomplete: tuple[Key, ...] = ()

    @property
    def unit(self) -> str:
        return UNITS.get(self.quantity, "g")


@dataclass(frozen=True)
class Matched:
    """Readings of both sets by key, in order, and whose were in one set only."""

    keys: tuple[Key, ...]
    first: tuple[float, ...]
    second: tuple[float, ...]
    only_first: tuple[Key, ...]
    only_second: tuple[Key, ...]


def read_readings(path: Path, extent: MassExtent) -> Readings:
    """The readings of a CSV file, or of all CSV files in a folder; of exports the mass by the extent.

    Raises ReadingsInvalid where a column or number is missing or a reading comes twice, ReadingsNotComparable where
    the files mix quantities, densities, or drafts with signed readings.
    """
    files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
    rows = [row for file in files for row in _rows(file)]
    if not rows:
        raise ReadingsInvalid(f"{path.name} holds no readings")
    if len(kinds := {"row" in row for row in rows}) > 1:
        raise ReadingsNotComparable(f"{path.name} mixes exports with plain tables")
    return _from_exports(path.name, rows, extent) if kinds == {True} else _from_table(path.name, rows)


def matched(first: Readings, second: Readings) -> Matched:
    """Readings paired by patient and stack; by patient alone where either set knows no stacks.

    Raises ReadingsNotComparable where units, densities or statuses differ, ReadingsInvalid where a patient has
    several stacks and the other set can't tell which is meant.
    """
    for what, one, other in (
        ("quantity", first.unit, second.unit),
        ("density_g_per_ml", first.density_g_per_ml, second.density_g_per_ml),
        ("status", first.status, second.status),
    ):
        if one is not None and other is not None and one != other:
            raise ReadingsNotComparable(f"{what} is {one} in {first.name} and {other} in {second.name}")
    by_patient = any(key.stack is None for key in (*first.values, *second.values))
    one, other = (_by_patient(readings) if by_patient else dict(readings.values) for readings in (first, second))
    keys = tuple(key for key in one if key in other)
    return Matched(
        keys,
        tuple(one[key] for key in keys),
        tuple(other[key] for key in keys),
        tuple(key for key in one if key not in other),
        tuple(key for key in other if key not in one),
    )


def _rows(file: Path) -> Iterator[Row]:
    """Rows by column name; a header that comes again, with the same or other columns, starts a new export."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            header: list[str] | None = None
            for number, cells in enumerate(csv.reader(stream), start=1):
                if not any(cells):
                    continue
                if header is None or cells[0] == header[0]:
                    header = [cell.strip() for cell in cells]
                elif len(cells) != len(header):
                    raise ReadingsInvalid(f"{file.name}, line {number}: {len(cells)} cells under {len(header)} columns")
                else:
                    yield dict(zip(header, map(_plain, cells), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ReadingsInvalid(f"{file.name} is no CSV file in UTF-8") from error


def _plain(cell: str) -> str:
    """The cell without the apostrophe that an export sets before text a spreadsheet would run."""
    return cell[1:].strip() if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@", "\t", "\r") else cell.strip()


def _from_exports(name: str, rows: list[Row], extent: MassExtent) -> Readings:
    totals = [row for row in rows if row["row"] == "total"]
    column = f"mass_g_by_{extent.value}"
    values: dict[Key, float] = {}
    for row in totals:
        key = Key(_cell(name, row, "patient_id"), _cell(name, row, "stack_id"))
        if not _cell(name, row, column, may_be_empty=True):
            raise ReadingsInvalid(f"{name}: {key} has no mass by {extent.value}, its geometry does not know it")
        _add(name, values, key, row, column)
    if not values:
        raise ReadingsInvalid(f"{name} has no row 'total'")
    return Readings(
        name,
        column,
        values,
        _the_only(name, totals, "density_g_per_ml"),
        _the_only(name, totals, "status"),
        tuple(
            key
            for key, row in zip(values, totals, strict=True)
            if _cell(name, row, "reviewed") != _cell(name, row, "of")
        ),
    )


def _from_table(name: str, rows: list[Row]) -> Readings:
    columns = {column for row in rows for column in row if column in UNITS}
    if len(columns) != 1:
        raise ReadingsInvalid(f"{name} needs the column {' or '.join(UNITS)}, and one of them only")
    (column,) = columns
    values: dict[Key, float] = {}
    for row in rows:
        _add(name, values, Key(_cell(name, row, "patient"), row.get("stack") or None), row, column)
    return Readings(name, column, values)


def _add(name: str, values: dict[Key, float], key: Key, row: Row, column: str) -> None:
    if key in values:
        raise ReadingsInvalid(f"{name} has {key} twice")
    text = _cell(name, row, column)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise ReadingsInvalid(f"{name}: {column} of {key} is {text!r}, no amount of scar")
    values[key] = value


def _cell(name: str, row: Row, column: str, may_be_empty: bool = False) -> str:
    if column not in row:
        raise ReadingsInvalid(f"{name} has no column {column}")
    if not row[column] and not may_be_empty:
        raise ReadingsInvalid(f"{name} has a row without {column}")
    return row[column]


def _the_only(name: str, rows: list[Row], column: str) -> str:
    found = sorted({_cell(name, row, column) for row in rows})
    if len(found) > 1:
        raise ReadingsNotComparable(f"{name} mixes {column} {' and '.join(found)}")
    return found[0]


def _by_patient(readings: Readings) -> dict[Key, float]:
    values: dict[Key, float] = {}
    for key, value in readings.values.items():
        patient = Key(key.patient, None)
        if patient in values:
            raise ReadingsInvalid(f"{readings.name} has several stacks of {key.patient}, of which one can't be chosen")
        values[patient] = value
    return values
