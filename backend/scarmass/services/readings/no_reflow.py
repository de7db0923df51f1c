"""No-reflow in a reading: kept within its scar, and proposed where models draw the scar."""

from scarmass.domain.no_reflow import within_scar
from scarmass.domain.reading import Changes, Reading
from scarmass.services.context import Context


def with_no_reflow(context: Context, reading: Reading, changes: Changes) -> Changes:
    """The changes of slices with what they mean for no-reflow."""
    return {key: within_scar(reading.content(key), change) for key, change in changes.items()}
