"""A report's sheet laid out: as the printable page, by Jinja, and as a PDF, by Typst in a process of its own.

A site's folder of templates may hold a report.html or a report.typ that takes the place of ours. Both are filled in
where they can do nothing else: Jinja's in its sandbox, Typst's without network and within the folder.
"""

import json
import subprocess
import sys
import threading
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader
from jinja2.sandbox import ImmutableSandboxedEnvironment

from scarmass.domain.errors import ReportNotTypeset
from scarmass.paths import FRONTEND
from scarmass.services.readings.report_sheet import Sheet

OURS = FRONTEND / "templates"
PDF_SECONDS = 30.0
LONGEST_ERROR = 300
_at_once = threading.BoundedSemaphore(2)


def to_html(sheet: Sheet, of_site: Path | None, **more: Any) -> str:
    """The printable page; a site's template may extend "scarmass/report.html". Raises ReportNotTypeset."""
    try:
        return _environment(of_site).get_template("report.html").render(sheet=sheet, **more)
    except Exception as error:  # whatever a site's template may raise
        raise ReportNotTypeset(f"report.html cannot be filled in: {str(error)[:LONGEST_ERROR]}") from error


@cache
def _environment(of_site: Path | None) -> ImmutableSandboxedEnvironment:
    ours = FileSystemLoader(OURS)
    own = [] if of_site is None else [FileSystemLoader(of_site)]
    loader = ChoiceLoader([*own, ours, PrefixLoader({"scarmass": ours})])
    return ImmutableSandboxedEnvironment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)


def to_pdf(sheet: Sheet, of_site: Path | None) -> bytes:
    """The same sheet gives the same bytes. Raises ReportNotTypeset."""
    is_of_site = of_site is not None and (of_site / "report.typ").is_file()
    template = (of_site if is_of_site and of_site is not None else OURS) / "report.typ"
    asked = {"template": str(template), "sheet": asdict(sheet)}
    command = [sys.executable, "-m", "scarmass.services.readings.typesetter"]
    with _at_once:
        try:
            done = subprocess.run(command, input=json.dumps(asked).encode(), capture_output=True, timeout=PDF_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise ReportNotTypeset(f"setting {template.name} takes longer than {PDF_SECONDS:g} s") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[-LONGEST_ERROR:]
        raise ReportNotTypeset(f"{template.name} cannot be set: {said or 'its memory did not suffice'}")
    return done.stdout
