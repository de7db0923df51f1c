"""The conformance statement tells what the code speaks."""

from scarmass.imaging.conformance import page
from scarmass.paths import CHECKOUT


def test_the_statement_is_up_to_date() -> None:
    assert CHECKOUT is not None
    written = (CHECKOUT / "docs" / "conformance.md").read_text(encoding="utf-8")
    assert written == page(), "python -m scarmass.imaging.conformance > docs/conformance.md"
