"""The finding of a report in a sentence: as its numbers say it, and what is to be said of the one a reader wrote."""

from scarmass.domain.mass import MassExtent
from scarmass.services.readings.report import Report
from scarmass.services.readings.words import Words


def proposed_finding(report: Report, words: Words) -> str:
    """The finding as the numbers say it; it claims no more of a slice than a reader decided."""
    slices, ventricle = report.slices, report.left_ventricle
    thickness, spacing = (words.grams(report.scar.by(extent)) for extent in MassExtent)
    if slices.with_scar:
        count = len(slices.with_scar)
        said = [words("finding_scar", slices=count, of=slices.of, thickness=thickness, spacing=spacing)]
    else:
        said = [words("finding_no_scar", of=slices.of)]
    if ventricle is not None and ventricle.scar_percent is not None:
        said.append(words("finding_percent", percent=words.percent(ventricle.scar_percent)))
    if report.no_reflow is not None:
        said.append(words("finding_no_reflow", no_reflow=words.grams(report.no_reflow.by(report.mass_extent))))
    if slices.pending:
        said.append(words("finding_pending", pending=len(slices.pending), of=slices.of))
    elif slices.unreviewed:
        said.append(words("finding_unreviewed", reviewed=slices.reviewed, of=slices.of))
    return words("gap").join(said)


def finding_note(report: Report, words: Words) -> str:
    """Who wrote the finding, or that it is proposed."""
    text = report.text
    if text is None or not text.finding:
        return words("finding_proposed")
    date = words.moment(text.created_at)
    return words("finding_written", reader=text.author, date=date, revision=text.revision)


def finding_warning(report: Report, words: Words) -> str:
    """That the numbers have changed since the finding was written; empty where they have not."""
    if report.text is None or not report.text_is_older:
        return ""
    return words("finding_older", revision=report.text.revision, now=report.reading.revision)
