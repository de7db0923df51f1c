"""A report in a language: its page as labels, sentences and drawings, for a template to lay out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scarmass.domain.mass import Mass, MassExtent, Quantity
from scarmass.domain.patient import written_name
from scarmass.domain.pattern import is_infarct
from scarmass.domain.segmentation import TakenFrom
from scarmass.services.readings.finding import finding_note, finding_warning, pattern_words, proposed_finding
from scarmass.services.readings.key_images import KeyImage
from scarmass.services.readings.report import Prior, Report
from scarmass.services.readings.report_parts import Percent
from scarmass.services.readings.report_tables import Table, drawn_segments, methods_table, segments_table
from scarmass.services.readings.words import Language, Words, words_in

SHOWN_NUMBERS = 40
"""Of slices in a list; of more, the last ones are an ellipsis."""

LONGEST_NAME = 60
"""In the line that every page begins with; the page has the whole name too."""


@dataclass(frozen=True)
class Item:
    label: str
    value: str


@dataclass(frozen=True)
class Figure:
    """One extent's scar: grams with their spread, and volume. mark: that it is the site's headline figure, or empty."""

    label: str
    value: str
    spread: str
    volume: str
    mark: str


@dataclass(frozen=True)
class Picture:
    """svg: empty where there is none."""

    caption: str
    svg: str


@dataclass(frozen=True)
class Sheet:
    """words: the headings. mass_label: of what the grams are; no more than LGE, until a reader states an infarct.

    finding_note: who wrote it, or that it is proposed. finding_warning: that it is older than the numbers, or empty.
    bulls_eye: SVG, empty where segments is None. extra: parts that not every report has, by their headings.
    docs/report-templates.md tells each field to who writes a template.
    """

    language: str
    words: dict[str, str]
    title: str
    mass_label: str
    draft: str
    identity: str
    patient: list[Item]
    study: list[Item]
    acquisition: list[Item]
    finding: str
    finding_note: str
    finding_warning: str
    figures: list[Figure]
    measures: list[Item]
    quality: list[Item]
    warnings: list[str]
    remarks: str
    key_images: list[Picture]
    bulls_eye: str
    segments: Table | None
    methods: Table
    extra: dict[str, list[Item]]
    recipe: list[Item]
    record: list[Item]


def sheet_of(report: Report, language: Language) -> Sheet:
    words = words_in(language)
    text = report.text
    return Sheet(
        language=language.value,
        words=words.words,
        title=words("title_infarct" if is_infarct(report.reading.pattern) else "title"),
        mass_label=words("infarct_mass" if is_infarct(report.reading.pattern) else "scar_mass"),
        draft=words("draft") if report.is_draft else "",
        identity=_identity(report, words),
        patient=_patient(report, words),
        study=_study(report, words),
        acquisition=_acquisition(report, words),
        finding=text.finding if text is not None and text.finding else proposed_finding(report, words),
        finding_note=finding_note(report, words),
        finding_warning=finding_warning(report, words),
        figures=_figures(report, words),
        measures=_measures(report, words),
        quality=_quality(report, words),
        warnings=list(report.stack.warnings),
        remarks="" if text is None else text.remarks,
        key_images=[_picture(image, report.mass_extent, words) for image in report.key_images],
        bulls_eye=drawn_segments(report, words),
        segments=segments_table(report, words),
        methods=methods_table(report, words),
        extra=_extra(report, words),
        recipe=_recipe(report, words),
        record=_record(report, words),
    )


def _identity(report: Report, words: Words) -> str:
    study = report.stack.study
    name = written_name(study.patient_name) or words("unknown")
    name = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
    return " · ".join([name, study.patient_id or words("unknown"), words.day(study.study_date)])


def _patient(report: Report, words: Words) -> list[Item]:
    study = report.stack.study
    sexes = {"M": "sex_m", "F": "sex_f", "O": "sex_o"}
    sex = words(sexes[study.patient_sex]) if study.patient_sex in sexes else study.patient_sex
    return _items(
        words,
        name=written_name(study.patient_name),
        patient_id=study.patient_id,
        birth_date=words.day(study.patient_birth_date),
        sex=sex,
    )


def _study(report: Report, words: Words) -> list[Item]:
    study, protocol = report.stack.study, report.acquisition.protocol
    return _items(
        words,
        study_date=words.day(study.study_date),
        description=study.study_description,
        accession_number=study.accession_number,
        referring_physician=written_name(protocol.referring_physician),
        institution=protocol.institution,
    )


def _acquisition(report: Report, words: Words) -> list[Item]:
    acquisition, protocol = report.acquisition, report.acquisition.protocol
    field, volume, delay = protocol.field_strength_t, protocol.contrast_volume_ml, acquisition.delay_s
    return _items(
        words,
        scanner=protocol.scanner,
        field_strength="" if field is None else f"{words.number_as_set(round(field, 2))} T",
        series=report.stack.description,
        sequence=protocol.sequence,
        image_contrast=words(report.stack.contrast.value),
        inversion_time=words.span(acquisition.inversion_time_ms or (), 0, "ms"),
        contrast_agent=protocol.contrast_agent,
        contrast_dose="" if volume is None else f"{words.number_as_set(volume)} mL",
        contrast_delay=words.span([] if delay is None else [one / 60 for one in delay], 0, "min"),
        slice_thickness=words.span(acquisition.slice_thickness_mm, 1, "mm"),
        slice_spacing=words.span(acquisition.slice_spacing_mm, 1, "mm"),
    )


def _figures(report: Report, words: Words) -> list[Figure]:
    return [
        Figure(
            label=words(f"by_{extent.value}"),
            value=words.grams(report.scar.by(extent)),
            spread=words.plus_minus(_of_known(report.spread, report.scar, extent)),
            volume=words.millilitres(report.scar.by(extent)),
            mark=words("headline") if extent is report.mass_extent else "",
        )
        for extent in MassExtent
    ]


def _of_known(spread: Mass | None, scar: Mass, extent: MassExtent) -> Quantity | None:
    return None if spread is None or scar.by(extent) is None else spread.by(extent)


def _measures(report: Report, words: Words) -> list[Item]:
    ventricle, no_reflow = report.left_ventricle, report.no_reflow
    items = {
        "pattern": pattern_words(report, words),
        "scar_percent": "" if ventricle is None else _percents(ventricle.scar, words),
        "left_ventricle": "" if ventricle is None else _both(ventricle.mass, words),
        "no_reflow": "" if no_reflow is None else _both(no_reflow, words),
    }
    if no_reflow is not None and ventricle is not None and (percents := _percents(ventricle.no_reflow, words)):
        items["no_reflow_percent"] = percents
    return [Item(words(name), value or words("not_measured")) for name, value in items.items()]


def _both(mass: Mass, words: Words) -> str:
    """By both extents, with equal rank."""
    return _by_both(mass, words.grams, words)


def _by_both(mass: Mass, written: Callable[[Quantity | None], str], words: Words) -> str:
    return "; ".join(f"{written(mass.by(extent))} {words(f'by_{extent.value}')}" for extent in MassExtent)


def _percents(percent: Percent, words: Words) -> str:
    """By both extents; one figure where they are written the same."""
    written = {extent: words.percent(value) for extent in MassExtent if (value := percent.by(extent)) is not None}
    if len(written) > 1 and len(set(written.values())) == 1:
        return next(iter(written.values()))
    return "; ".join(f"{value} {words(f'by_{extent.value}')}" for extent, value in written.items())


def _quality(report: Report, words: Words) -> list[Item]:
    slices, said = report.slices, None if report.text is None else report.text.quality
    reviewed = words("of", count=slices.reviewed, of=slices.of)
    lists = {name: getattr(slices, name) for name in ("unreviewed", "pending", "excluded", "failed", "edited")}
    shown = {name: numbers for name, numbers in lists.items() if numbers or name != "pending"}
    return [
        Item(words("image_quality"), words("unknown" if said is None else f"quality_{said.value}")),
        Item(words("reviewed"), reviewed),
        *(Item(words(name), _numbers(numbers) or words("none")) for name, numbers in shown.items()),
    ]


def _numbers(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:SHOWN_NUMBERS]))
    return f"{shown}, …" if len(numbers) > SHOWN_NUMBERS else shown


def _picture(image: KeyImage, extent: MassExtent, words: Words) -> Picture:
    caption = f"{words('slice', slice=image.number)}: {words.grams(image.measure.mass.by(extent))}"
    return Picture(caption if image.svg else f"{caption} ({words('no_image')})", image.svg)


def _extra(report: Report, words: Words) -> dict[str, list[Item]]:
    parts: dict[str, list[Item]] = {}
    if report.prior is not None:
        parts[words("prior")] = _prior(report.prior, words)
    return parts


def _prior(prior: Prior, words: Words) -> list[Item]:
    signature = prior.signature
    signed = words("state_signed", reader=signature.reader, date=words.moment(signature.signed_at))
    return [
        Item(words("prior_scar", date=words.day(prior.study_date)), _both(prior.scar, words)),
        Item(words("prior_difference"), _by_both(prior.difference, words.grams_more, words)),
        Item(words("state"), signed),
    ]


def _recipe(report: Report, words: Words) -> list[Item]:
    value = words.number(report.sensitivity.value, 1)
    follows = words("sensitivity_follows", value=value)
    wall = report.reading.wall
    confines = words("wall_confines" if wall.confines_scar else "wall_does_not_confine")
    papillary = words("wall_with_papillary" if wall.papillary_muscles else "wall_without_papillary")
    models = [Item(words("model"), f"{model.name}, sha256 {model.sha256}") for model in report.models]
    return [
        *(Item(words("taken_from"), _segmentation(one, words)) for one in report.reading.taken_from),
        *(models or [Item(words("model"), words("none"))]),
        *_items(
            words,
            sensitivity=follows if report.sensitivity.follows else value,
            wall=f"{confines}; {papillary}",
            density=f"{words.number_as_set(report.density_g_per_ml)} g/mL",
            extent=words(f"by_{report.mass_extent.value}"),
        ),
    ]


def _segmentation(taken: TakenFrom, words: Words) -> str:
    """Whose it is, and which object."""
    named = words("segmentation", label=taken.label or words("unknown"), kind=taken.kind.value)
    return ", ".join(one for one in (named, taken.creator, taken.sop_instance_uid) if one)


def _record(report: Report, words: Words) -> list[Item]:
    signature = report.signature
    if signature is None:
        state = words(f"state_{report.reading.state.value}")
    else:
        state = words("state_signed", reader=signature.reader, date=words.moment(signature.signed_at))
    return _items(
        words,
        readers="; ".join(report.reading.authors) or words("none"),
        state=state,
        revision=str(report.reading.revision),
        changed_at=words("never") if report.changed_at is None else words.moment(report.changed_at),
        reading_id=str(report.reading.id),
    )


def _items(words: Words, **values: str) -> list[Item]:
    """What is absent is said to be."""
    return [Item(words(name), value or words("unknown")) for name, value in values.items()]
