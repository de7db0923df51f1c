"""A comparison of two models as a table."""

from rich import box
from rich.table import Table

from scarmass.evaluation.model_comparison import USES, Compared, Figure, ModelComparison
from scarmass.evaluation.segmentation.methods import Method

NAMES_OF_USES = {
    Method.AUTOMATIC: "proposed",
    Method.FOLLOWING_BOX: "boxes drawn",
    Method.FOLLOWING: "boxes and clicks",
}
NAMES_OF_FIGURES = {
    Figure.DICE: "Dice",
    Figure.BIAS: "bias, g",
    Figure.ERROR: "error, g",
    Figure.CLICKS: "clicks a slice",
}


def comparison_table(found: ModelComparison, current: str, candidate: str) -> Table:
    """Means over patients, and what the candidate gains: above 0 it is better."""
    of_patients = f"{found.patients} patients ({found.patients_with_scar} with scar)"
    title = f"{candidate} beside {current}: {of_patients}, {found.readings} readings, {found.slices} slices"
    table = Table(title=title, title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("", no_wrap=True)
    for heading in ("serves", "candidate", "gain", "95 % CI", "margin"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("as good", no_wrap=True)
    for use in USES:
        table.add_row(NAMES_OF_USES[use])
        for one in found.figures:
            if one.use is use:
                table.add_row(*_cells(one))
        table.add_section()
    return table


def _cells(one: Compared) -> tuple[str, ...]:
    digits = 3 if one.figure is Figure.DICE else 2
    sign = "+" if one.figure is Figure.BIAS else ""
    before, after = (f"{value:{sign}.{digits}f}" for value in (one.current, one.candidate))
    gain, low, high = (f"{value:+.{digits}f}" for value in one.gain)
    name = f"  {NAMES_OF_FIGURES[one.figure]}"
    return name, before, after, gain, f"{low} to {high}", f"{one.margin:.{digits}f}", "yes" if one.is_as_good else "no"
