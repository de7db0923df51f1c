"""What a run found, as a table on the terminal, a JSON file and a Markdown file."""

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from benchmarks.measures import BackboneResult, Repetitions
from benchmarks.timing import Summary, cells
from scarmass.inference.weights.catalog import Entry

COLUMNS = ("measure", "median", "p95", "n", "unit", "aim")
PACKAGES = ("torch", "openvino", "segment-anything", "uvicorn", "fastapi")


@dataclass(frozen=True)
class Conditions:
    """Where and when a run was made. load: mean number of busy processes in the minute before the run."""

    taken: str
    cpu: str
    cpus: int
    torch_threads: int
    load: float
    python: str
    packages: dict[str, str]

    @property
    def is_busy(self) -> bool:
        return self.load > self.cpus / 4

    def sentence(self) -> str:
        state = "busy with other work before it began" if self.is_busy else "quiet before it began"
        return f"{self.cpus} CPU cores ({self.cpu}), {self.torch_threads} torch threads, {state} (load {self.load:.2f})"


@dataclass(frozen=True)
class Report:
    conditions: Conditions
    repetitions: Repetitions
    backbones: list[BackboneResult]
    absent: list[Entry]
    imports: list[Summary] = field(default_factory=list)

    def to_json(self) -> str:
        content = {
            "conditions": asdict(self.conditions),
            "repetitions": asdict(self.repetitions),
            "imports": [asdict(row) for row in self.imports],
            "backbones": [
                {
                    "name": result.entry.name,
                    "sha256": result.sha256,
                    "architecture": result.entry.architecture,
                    "input_size": result.entry.input_size,
                    "device": result.device,
                    "measures": [asdict(row) for row in result.rows],
                }
                for result in self.backbones
            ],
            "absent": [entry.name for entry in self.absent],
        }
        return json.dumps(content, indent=2) + "\n"

    def to_markdown(self) -> str:
        parts = [f"Taken {self.conditions.taken} on {self.conditions.sentence()}."]
        for name, rows in self._sections():
            lines = [f"| {' | '.join(COLUMNS)} |", "|---|--:|--:|--:|---|---|"]
            lines += [f"| {' | '.join(cells(row))} |" for row in rows]
            parts += [f"## {name}", "\n".join(lines)]
        parts += [absence(entry) for entry in self.absent]
        return "\n\n".join(parts) + "\n"

    def show(self, console: Console) -> None:
        console.print(self.conditions.sentence())
        for name, rows in self._sections():
            console.print(rows_table(name, rows))
        for entry in self.absent:
            console.print(absence(entry), style="dim")

    def write(self, folder: Path) -> list[Path]:
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / "bench.json", folder / "bench.md"]
        for path, text in zip(paths, (self.to_json(), self.to_markdown()), strict=True):
            path.write_text(text)
        return paths

    def _sections(self) -> list[tuple[str, list[Summary]]]:
        imports = [("Import", self.imports)] if self.imports else []
        return [*imports, *((title(result), result.rows) for result in self.backbones)]


def rows_table(name: str, rows: list[Summary]) -> Table:
    table = Table(*COLUMNS, title=name, title_justify="left")
    for row in rows:
        table.add_row(*cells(row), style={True: "green", False: "yellow", None: ""}[row.meets_aim])
    return table


def conditions(now: datetime) -> Conditions:
    return Conditions(
        taken=now.strftime("%Y-%m-%d %H:%M"),
        cpu=_cpu_name(),
        cpus=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        torch_threads=torch.get_num_threads(),
        load=os.getloadavg()[0],
        python=platform.python_version(),
        packages={name: version(name) for name in PACKAGES},
    )


def title(result: BackboneResult) -> str:
    size = result.entry.input_size
    return f"{result.entry.name} ({result.entry.architecture}, {size} x {size} pixels, {result.device})"


def absence(entry: Entry) -> str:
    """One line on a backbone that is not here, and how to get it."""
    if entry.source is None:
        return f"{entry.name}: not here, although it belongs to the repository"
    given = "" if entry.source.package else f" --checkpoint {entry.source.file}"
    return f"{entry.name}: not here; `scarmass weights fetch {entry.name}{given}` gets it"


def _cpu_name() -> str:
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text().splitlines() if listed.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
