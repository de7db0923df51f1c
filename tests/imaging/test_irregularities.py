"""The table of irregularities: every row is shown by a test that exists, and the page tells what the code says."""

import ast

import pytest

from scarmass.imaging.irregularities import TABLE, Irregularity, page
from scarmass.paths import CHECKOUT


def test_the_page_is_up_to_date() -> None:
    assert CHECKOUT is not None
    written = (CHECKOUT / "docs" / "dicom.md").read_text(encoding="utf-8")
    assert written == page(), "python -m scarmass.imaging.irregularities > docs/dicom.md"


@pytest.mark.parametrize("row", [row for rows in TABLE.values() for row in rows], ids=lambda row: row.what)
def test_every_row_is_shown_by_a_test(row: Irregularity) -> None:
    assert CHECKOUT is not None
    tree = ast.parse((CHECKOUT / row.file).read_text(encoding="utf-8"))
    assert row.test in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
