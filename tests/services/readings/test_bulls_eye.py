"""The bull's-eye as a drawing: its scale is told in grey, and its words are markup's own in every language."""

from itertools import pairwise

import pytest

from scarmass.domain.aha_model import NAMES
from scarmass.services.readings.bulls_eye import FILLS
from scarmass.services.readings.words import Language, words_in


def luminance(colour: str) -> float:
    """Of an sRGB colour, as grey paper shows it: 0 black, 1 white."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_scale_grows_darker_by_steps_that_grey_paper_shows() -> None:
    greys = [luminance(fill) for fill in FILLS.values()]
    contrasts = [(light + 0.05) / (dark + 0.05) for light, dark in pairwise(greys)]
    assert min(contrasts) >= 1.5


@pytest.mark.parametrize("language", Language)
def test_no_word_in_it_is_markup_and_every_side_has_one(language: Language) -> None:
    words = words_in(language)
    sides = {name.split()[-1] for name in NAMES if name != "apex"}
    drawn = [*(words(f"side_{side}") for side in sides), words("bulls_eye"), words("not_assessed")]
    drawn += [words(f"level_{level}") for level in ("base", "mid", "apical", "apex")]
    assert not any(mark in word for word in drawn for mark in '<&"')
