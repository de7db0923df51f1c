"""What a prepared dataset holds, as a table."""

from rich.table import Table

from scarmass.datasets.prepared import PARTS, Prepared


def summary_table(prepared: Prepared) -> Table:
    """Patients, those with scar, and slices, by centre and part."""
    table = Table("centre", "layout", "part")
    for heading in ("patients", "with infarct", "slices"):
        table.add_column(heading, justify="right")
    for name, centre in prepared.centres.items():
        for part in PARTS:
            own = [prepared.by_patient[patient] for patient in prepared.patients(part, name)]
            counts = len(own), sum(one.scar_share > 0 for one in own), sum(one.slices for one in own)
            table.add_row(name, centre.layout, part, *map(str, counts))
        table.add_section()
    return table
