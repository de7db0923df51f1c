"""The finding of a report in a sentence: as its numbers say it, and what is to be said of the one a reader wrote."""

from scarmass.domain.mass import MassExtent
from scarmass.domain.pattern import Pattern, is_infarct
from scarmass.services.readings.report import Report
from scarmass.services.readings.words import Words


def proposed_finding(report: Report, words: Words) -> str:
    """The finding as the numbers say it; it claims no more of a slice than a reader decided, and calls enhancement
    infarction only where its reader does."""
    slices, ventricle = report.slices, report.left_ventricle
    thickness, spacing = (words.grams(report.scar.by(extent)) for extent in MassExtent)
    if slices.with_scar:
        count = len(slices.with_scar)
        what = words("finding_infarct" if is_infarct(report.reading.pattern) else "finding_lge")
        said = [words("finding_scar", what=what, slices=count, of=slices.of, thickness=thickness, spacing=spacing)]
    else:
        said = [words("finding_no_scar", of=slices.of)]
    percent = None if ventricle is None else ventricle.scar.by(report.mass_extent)
    if slices.with_scar and percent is not None:
        said.append(words("finding_percent", percent=words.percent(percent)))
    if slices.with_scar and report.reading.pattern is not None:
        said.append(words("finding_pattern", pattern=stated_words(report.reading.pattern, words)))
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


def stated_words(pattern: Pattern, words: Words) -> str:
    """A pattern that was stated, in words."""
    if pattern.layer is None:
        return words("unknown")
    layer, because = words(f"layer_{pattern.layer.value}"), {True: "ischaemic", False: "non_ischaemic", None: ""}
    name = because[pattern.ischaemic]
    return words("pattern_as", layer=layer, ischaemic=words(name)) if name else layer


def pattern_words(report: Report, words: Words) -> str:
    """The pattern as its reader stated it; until then that they did not, and in a draft which layer is proposed."""
    if report.reading.pattern is not None:
        return stated_words(report.reading.pattern, words)
    proposed = None if report.layers is None else report.layers.proposed
    if proposed is None or not report.is_draft:
        return words("pattern_not_stated")
    return words("pattern_proposed", layer=words(f"layer_{proposed.value}"))
