"""Sets of readings: exports and plain tables, read and paired, or refused by name."""

from pathlib import Path

import pytest

from scarmass.domain.errors import ReadingsInvalid, ReadingsNotComparable
from scarmass.domain.mass import MassExtent
from scarmass.evaluation.agreement.readings import Key, Readings, matched, read_readings

HEADER = "status,patient_id,stack_id,reviewed,of,density_g_per_ml,row,mass_g_by_slice_thickness,mass_g_by_slice_spacing"


def export(patient: str, grams: str = "10.5", spacing: str = "12.5", **changed: str) -> str:
    """A slice's row, which does not count, and the total's."""
    fields = {"status": "DRAFT", "stack": f"stack-of-{patient}", "reviewed": "9", "density": "1.05", **changed}
    common = f"{fields['status']},{patient},{fields['stack']},{fields['reviewed']},9,{fields['density']}"
    return f"{HEADER}\n{common},slice,1.0,2.0\n{common},total,{grams},{spacing}\n"


def read(folder: Path, text: str, extent: MassExtent = MassExtent.SLICE_THICKNESS, name: str = "a.csv") -> Readings:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_readings(path, extent)


def test_an_export_counts_by_its_total_and_the_extent_asked_for(tmp_path: Path) -> None:
    key = Key("1", "stack-of-1")
    assert read(tmp_path, export("1")).values == {key: 10.5}
    by_spacing = read(tmp_path, export("1"), MassExtent.SLICE_SPACING)
    assert by_spacing.values == {key: 12.5}
    assert (by_spacing.quantity, by_spacing.unit) == ("mass_g_by_slice_spacing", "g")


def test_exports_stand_one_after_the_other_or_side_by_side_in_a_folder(tmp_path: Path) -> None:
    joined = read(tmp_path, export("1") + export("2", "3"))
    folder = tmp_path / "observer"
    folder.mkdir()
    (folder / "x.csv").write_text(export("1"))
    (folder / "y.csv").write_text(export("2", "3"))
    assert joined.values == read_readings(folder, MassExtent.SLICE_THICKNESS).values
    assert list(joined.values.values()) == [10.5, 3]


def test_a_plain_table_has_a_patient_and_a_number(tmp_path: Path) -> None:
    readings = read(tmp_path, "patient,scar_percent\nA,12.5\nB,0\n")
    assert readings.values == {Key("A", None): 12.5, Key("B", None): 0}
    assert readings.unit == "%"


def test_text_that_an_export_made_harmless_is_read_as_it_was(tmp_path: Path) -> None:
    assert Key("-12", "stack-of--12") in read(tmp_path, export("-12").replace("DRAFT,-12", "DRAFT,'-12")).values


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "holds no readings"),
        ("patient,mass_g\n", "holds no readings"),
        ("patient,grams\nA,1\n", "needs the column mass_g or scar_percent"),
        ("patient,mass_g,scar_percent\nA,1,2\n", "one of them only"),
        ("name,mass_g\nA,1\n", "has no column patient"),
        ("patient,mass_g\nA,1\nA,2\n", "has A twice"),
        ("patient,mass_g\nA,much\n", "mass_g of A is 'much'"),
        ("patient,mass_g\nA,nan\n", "mass_g of A is 'nan'"),
        ("patient,mass_g\nA,-1\n", "mass_g of A is '-1'"),
        ("patient,mass_g\n,1\n", "row without patient"),
        ("patient,mass_g\nA,1,2\n", "line 2: 3 cells under 2 columns"),
        (export("1") + "patient,mass_g\nA,1\n", "line 4: 2 cells under 9 columns"),
        (export("1") + export("1", "3"), r"has 1 \(stack stack-of-1\) twice"),
        (export("1", grams=""), r"1 \(stack stack-of-1\) has no mass by slice_thickness"),
        (export("1").splitlines()[0] + "\n" + export("1").splitlines()[1], "no row 'total'"),
    ],
)
def test_what_is_no_set_of_readings_is_refused_with_the_reason(text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ReadingsInvalid, match=reason):
        read(tmp_path, text)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ReadingsInvalid, match="no CSV file"):
        read_readings(tmp_path / "a.csv", MassExtent.SLICE_THICKNESS)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (export("1") + export("2", status="SIGNED"), "mixes status DRAFT and SIGNED"),
        (export("1") + export("2", density="1.06"), "mixes density_g_per_ml 1.05 and 1.06"),
    ],
)
def test_a_set_of_unlike_readings_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ReadingsNotComparable, match=reason):
        read(tmp_path, text)


def test_a_folder_of_exports_and_plain_tables_is_refused(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(export("1"))
    (tmp_path / "table.csv").write_text("patient,mass_g\n2,1\n")
    with pytest.raises(ReadingsNotComparable, match="mixes exports with plain tables"):
        read_readings(tmp_path, MassExtent.SLICE_THICKNESS)


def test_readings_are_paired_by_patient_and_stack_and_the_others_listed(tmp_path: Path) -> None:
    first = read(tmp_path, export("1") + export("2", "3") + export("4", stack="one"))
    second = read(tmp_path, export("3") + export("2", "4") + export("1", "11") + export("4", stack="other"))
    pairs = matched(first, second)
    assert [key.patient for key in pairs.keys] == ["1", "2"]
    assert (pairs.first, pairs.second) == ((10.5, 3), (11, 4))
    assert pairs.only_first == (Key("4", "one"),)
    assert pairs.only_second == (Key("3", "stack-of-3"), Key("4", "other"))


def test_an_export_is_paired_with_a_plain_table_by_patient(tmp_path: Path) -> None:
    pairs = matched(read(tmp_path, export("1") + export("2", "3")), read(tmp_path, "patient,mass_g\n2,4\n1,9\n"))
    assert (pairs.first, pairs.second) == ((10.5, 3), (9, 4))


def test_a_patient_with_two_stacks_is_not_paired_with_a_table_that_knows_none(tmp_path: Path) -> None:
    twice = read(tmp_path, export("1") + export("1", stack="another"))
    with pytest.raises(ReadingsInvalid, match="several stacks of 1"):
        matched(twice, read(tmp_path, "patient,mass_g\n1,9\n"))


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("patient,mass_g\nA,1\n", "patient,scar_percent\nA,1\n", "quantity is g in a.csv and % in b.csv"),
        (export("1"), export("1", status="SIGNED"), "status is DRAFT in a.csv and SIGNED in b.csv"),
        (export("1"), export("1", density="1.06"), "density_g_per_ml is 1.05 in a.csv and 1.06 in b.csv"),
    ],
)
def test_sets_that_differ_in_unit_density_or_signature_are_not_compared(
    one: str, other: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(ReadingsNotComparable, match=reason):
        matched(read(tmp_path, one), read(tmp_path, other, name="b.csv"))


def test_readings_that_were_not_reviewed_to_the_end_are_named(tmp_path: Path) -> None:
    assert read(tmp_path, export("1") + export("2", reviewed="3")).incomplete == (Key("2", "stack-of-2"),)
