"""What follows on a slice from another scar or other contours of it: no-reflow, what counts as the wall, warnings."""

from scarmass.domain.edits import Edit, ImportEdit
from scarmass.domain.no_reflow import within_scar
from scarmass.domain.reading import Changes, Reading, WallRules
from scarmass.services.context import Context
from scarmass.services.readings.no_reflow import with_proposed_cores
from scarmass.services.readings.placement import with_warnings
from scarmass.services.readings.wall import by_wall_rules, with_blood_giving_way


def followed_through(
    context: Context, reading: Reading, rules: WallRules, changes: Changes, edit: Edit | None = None
) -> Changes:
    """The changes of slices with all that follows from them.

    Cores are looked for before the scar is confined: it is told by all that surrounds it that a core is one. Where
    nothing is proposed, nothing is warned of either: it would be told where models see the ventricle. Raises
    Away where no reader's edit waits for it.
    """
    proposes = reading.record.takes_proposals
    if proposes:
        changes = with_proposed_cores(context, reading, changes)
    if not isinstance(edit, ImportEdit):  # whose masks are taken as they are
        changes = by_wall_rules(context, reading, rules, edit, changes)
    changes = {key: within_scar(reading.content(key), change) for key, change in changes.items()}
    changes = with_blood_giving_way(reading, rules, edit, changes)
    return with_warnings(context, reading.slices, changes, waits=edit is None) if proposes else changes
