"""Text that a spreadsheet would run as a formula, wherever a table of ours is opened in one."""

import re
from typing import Any

_SIGN = r"""["\s]*[=+\-@＝＋－＠\t\r]"""
FORMULA_START = re.compile(rf"""^(?={_SIGN})|(\r\n|[;,|\t\r\n])(?={_SIGN}|["\s]*\Z)""")
"""Where text begins a formula: at its start, and after whatever a spreadsheet may take for the end of a cell; what
comes behind the text may begin one too.

The wide forms of the signs begin one where Chinese or Japanese is written.
"""


def harmless(value: Any) -> Any:
    """The value, with an apostrophe at each place where a spreadsheet would find a formula in text."""
    return FORMULA_START.sub(r"\g<0>'", value) if isinstance(value, str) else value
