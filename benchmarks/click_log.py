"""What readers who click are told in the environment, and tell: benchmarks/clicking.py in a process of locust's own."""

from dataclasses import dataclass
from pathlib import Path

LOG = "SCARMASS_CLICKS_LOG"
PAUSE_S = "SCARMASS_CLICKS_PAUSE_S"
READINGS = "SCARMASS_CLICKS_READINGS"
SERVERS = "SCARMASS_CLICKS_SERVERS"


class ClicksFailed(Exception):
    """An edit was lost, or refused for good."""


@dataclass(frozen=True)
class Click:
    """at_s: since 1970, when it was answered. sent: how often, as it was refused for now."""

    at_s: float
    took_ms: float
    sent: int

    def __str__(self) -> str:
        return f"click {self.at_s:.3f} {self.took_ms:.1f} {self.sent}"


def read_clicks(log: Path) -> list[Click]:
    """Raises ClicksFailed."""
    lines = [line.split() for line in log.read_text().splitlines()]
    if failed := [line for line in lines if line[0] != "click"]:
        raise ClicksFailed(f"{len(failed)} clicks failed, the first: {' '.join(failed[0])}")
    return [Click(float(at_s), float(took_ms), int(sent)) for _, at_s, took_ms, sent in lines]
