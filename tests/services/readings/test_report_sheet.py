"""What a site's template gets is what the documentation says."""

import re
from dataclasses import fields

import pytest

from scarmass.paths import CHECKOUT
from scarmass.services.readings.report_sheet import Figure, Item, Picture, Sheet
from scarmass.services.readings.report_tables import Table

assert CHECKOUT is not None
DOCUMENT = CHECKOUT / "docs" / "report-templates.md"


@pytest.mark.parametrize("kind", [Sheet, Item, Figure, Picture, Table])
def test_the_document_names_every_field_of_a_sheet_and_no_other(kind: type) -> None:
    section = DOCUMENT.read_text().split(f"## {kind.__name__}\n")[1].split("\n## ")[0]
    named = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert named == [field.name for field in fields(kind)]
