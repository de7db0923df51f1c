"""The ways of finding scar that are compared: the models' uses, and the thresholds that readers use today."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.errors import ThresholdUndefined
from scarmass.domain.masks import Mask
from scarmass.domain.stack import Contrast
from scarmass.domain.structures import Structure
from scarmass.domain.thresholds import full_width_half_maximum, n_sd, remote_myocardium
from scarmass.evaluation.segmentation.predict import MOST_CLICKS, Correction, Prediction


class Method(StrEnum):
    AUTOMATIC = "automatic"
    BOX = "box"
    ONE_CLICK = "box_1_click"
    TWO_CLICKS = "box_2_clicks"
    INTERACTIVE = "interactive"
    FOLLOWING_BOX = "following_box"
    FOLLOWING_ONE_CLICK = "following_1_click"
    FOLLOWING_TWO_CLICKS = "following_2_clicks"
    FOLLOWING = "following"
    FWHM = "fwhm"
    SD_2 = "sd_2"
    SD_3 = "sd_3"
    SD_5 = "sd_5"
    SD_6 = "sd_6"


USES = (Method.AUTOMATIC, Method.BOX, Method.INTERACTIVE, Method.FOLLOWING)
"""What the application offers, in the order of the reader's work."""

FIXED: Mapping[Method, int] = {
    Method.BOX: 0,
    Method.ONE_CLICK: 1,
    Method.TWO_CLICKS: 2,
    Method.INTERACTIVE: MOST_CLICKS,
}
"""Most clicks a slice, beside drawn boxes, at one sensitivity."""

FOLLOWS: Mapping[Method, int] = {
    Method.FOLLOWING_BOX: 0,
    Method.FOLLOWING_ONE_CLICK: 1,
    Method.FOLLOWING_TWO_CLICKS: 2,
    Method.FOLLOWING: MOST_CLICKS,
}
"""The same where outlines follow the reader: the slices before were read with up to MOST_CLICKS."""

CLICKS: Mapping[Method, int] = {**FIXED, **FOLLOWS}
"""Most clicks a slice, beside drawn boxes."""

DEVIATIONS: Mapping[Method, int] = {Method.SD_2: 2, Method.SD_3: 3, Method.SD_5: 5, Method.SD_6: 6}
THRESHOLDS = (Method.FWHM, *DEVIATIONS)

Answers = Mapping[Method, Sequence[Mask]]
"""A patient's masks (rows, columns) in stack order by method."""


def predicted_answers(prediction: Prediction) -> Answers:
    """The models' masks in each use, as they were predicted."""
    answers = {Method.AUTOMATIC: [proposal.mask for proposal in prediction.proposals]}
    return answers | {m: [c.after(clicks) for c in corrections(prediction, m)] for m, clicks in CLICKS.items()}


def corrections(prediction: Prediction, method: Method) -> tuple[Correction, ...]:
    """How the patient's slices were read in a method of CLICKS."""
    return prediction.following if method in FOLLOWS else prediction.corrections


def threshold_answers(slices: Sequence[AnnotatedSlice]) -> Answers:
    """What thresholds find in the true myocardium; a method that has nothing to rest on in this patient is absent."""
    answers: dict[Method, list[Mask]] = {}
    for method in THRESHOLDS:
        try:
            answers[method] = [_above_threshold(method, annotated) for annotated in slices]
        except ThresholdUndefined:
            continue
    return answers


def _above_threshold(method: Method, annotated: AnnotatedSlice) -> Mask:
    """FWHM from the remote myocardium's mean to the maximum of the scar that a reader has pointed out."""
    pixels, myocardium = annotated.pixels, annotated.myocardium
    remote = remote_myocardium(pixels, myocardium)
    if method in DEVIATIONS:
        return n_sd(pixels, myocardium, remote, DEVIATIONS[method])
    return full_width_half_maximum(
        pixels,
        myocardium,
        phase_sensitive=annotated.contrast is Contrast.PSIR,
        base=remote,
        hyperenhanced=annotated.masks[Structure.SCAR],
    )
