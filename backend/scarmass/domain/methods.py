"""The reference methods that readers know, each a type that says itself in words, and its mask on a slice."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

import numpy as np

from scarmass.domain.errors import MethodInvalid, ThresholdUndefined
from scarmass.domain.masks import Mask
from scarmass.domain.stack import Contrast, SliceKey
from scarmass.domain.thresholds import (
    Pixels,
    full_width_half_maximum,
    grey_zone,
    hyperenhanced_myocardium,
    n_sd,
    otsu,
    remote_myocardium,
)

MOST_SD = 20.0


class MethodName(StrEnum):
    """CORE and GREY_ZONE are those of Schmidt et al., Circulation 2007;115:2006."""

    N_SD = "n_sd"
    FWHM = "fwhm"
    OTSU = "otsu"
    CORE = "core"
    GREY_ZONE = "grey_zone"


class Region(StrEnum):
    """What a method rests on, as a reader places it on a slice."""

    REMOTE = "remote"
    HYPERENHANCED = "hyperenhanced"


@dataclass(frozen=True)
class Circle:
    """x, y: its middle in corner-based image pixels."""

    x: float
    y: float
    radius_mm: float

    def mask(self, shape: tuple[int, int], pixel_spacing_mm: tuple[float, float]) -> Mask:
        """The pixels (rows, columns) whose centre lies in the circle."""
        row_mm, column_mm = pixel_spacing_mm
        down = (np.arange(shape[0])[:, None] + 0.5 - self.y) * row_mm
        across = (np.arange(shape[1])[None, :] + 0.5 - self.x) * column_mm
        return down**2 + across**2 <= self.radius_mm**2


class MaximumOf(StrEnum):
    HYPERENHANCED = "hyperenhanced"
    MYOCARDIUM = "myocardium"


class Base(StrEnum):
    """What half of a maximum is measured from: zero, a stated level of signal, the mean of remote myocardium."""

    ZERO = "zero"
    LEVEL = "level"
    REMOTE = "remote"


OF_HALF_MAXIMUM = frozenset({MethodName.FWHM, MethodName.CORE, MethodName.GREY_ZONE})

Regions = Mapping[SliceKey, Mapping[Region, Circle]]
"""What a reader placed, by slice."""


@dataclass(frozen=True)
class Method:
    """A reference method with all that its number depends on but the contours and what was placed.

    n: standard deviations, of n-SD alone. maximum_of, base, level: of half of a maximum; core and grey zone are of the
    hyperenhanced region. level: in rescaled signal, where the base is a level. adds_no_reflow: the reading's no-reflow
    within the myocardium, which is dark and therefore below every threshold, counts too. Raises MethodInvalid.
    """

    name: MethodName
    n: float | None = None
    maximum_of: MaximumOf = MaximumOf.HYPERENHANCED
    base: Base = Base.ZERO
    level: float | None = None
    adds_no_reflow: bool = False

    def __post_init__(self) -> None:
        if (self.n is None) == (self.name is MethodName.N_SD):
            raise MethodInvalid("a number of standard deviations belongs to n_sd, and to no other method")
        if self.n is not None and not 0 < self.n <= MOST_SD:
            raise MethodInvalid(f"a threshold lies up to {MOST_SD:g} standard deviations above remote myocardium")
        if (self.level is None) == (self.base is Base.LEVEL):
            raise MethodInvalid("a level of signal belongs to the base that is a level, and to no other")
        if self.base is not Base.ZERO and self.name not in OF_HALF_MAXIMUM:
            raise MethodInvalid(f"{self.name.value} is no half of a maximum and has no base")
        if self.maximum_of is not MaximumOf.HYPERENHANCED and self.name is not MethodName.FWHM:
            raise MethodInvalid("only full width at half maximum is of the myocardium's maximum")
        if self.adds_no_reflow and self.name is MethodName.GREY_ZONE:
            raise MethodInvalid("no-reflow lies in the core, not in the grey zone")

    @property
    def key(self) -> str:
        """The short name that addresses and files hold."""
        match self.name:
            case MethodName.N_SD:
                return f"sd_{self.n:g}"
            case MethodName.FWHM:
                return f"fwhm_{self.maximum_of.value}"
        return self.name.value

    @property
    def short(self) -> str:
        """For a column of a table, where the label does not fit."""
        match self.name:
            case MethodName.N_SD:
                return f"{self.n:g} SD"
            case MethodName.FWHM:
                return f"FWHM, {self.maximum_of.value}"
        return {MethodName.OTSU: "Otsu", MethodName.CORE: "Core", MethodName.GREY_ZONE: "Grey zone"}[self.name]

    @property
    def label(self) -> str:
        """The method in words."""
        return f"{self._words}, no-reflow added" if self.adds_no_reflow else self._words

    @property
    def _words(self) -> str:
        match self.name:
            case MethodName.N_SD:
                return f"{self.n:g} SD above remote myocardium"
            case MethodName.FWHM:
                return f"FWHM, {self._half_maximum}"
            case MethodName.OTSU:
                return "Otsu's threshold within the myocardium"
            case MethodName.CORE:
                return f"Core, {self._half_maximum} (Schmidt 2007)"
            case MethodName.GREY_ZONE:
                return f"Grey zone, from the brightest remote myocardium to {self._half_maximum} (Schmidt 2007)"

    @property
    def _half_maximum(self) -> str:
        of = "myocardium" if self.maximum_of is MaximumOf.MYOCARDIUM else "hyperenhanced region"
        match self.base:
            case Base.ZERO:
                return f"half of the maximum of the {of}"
            case Base.LEVEL:
                return f"half way from a signal of {self.level:g} to the maximum of the {of}"
            case Base.REMOTE:
                return f"half way from remote myocardium to the maximum of the {of}"


def standard_methods(contrast: Contrast, adds_no_reflow: bool = False) -> tuple[Method, ...]:
    """The methods that are told beside a reading; zero is no level of a phase-sensitive image, remote myocardium is."""
    base = Base.REMOTE if contrast is Contrast.PSIR else Base.ZERO
    scar = (
        *(Method(MethodName.N_SD, n) for n in (2.0, 3.0, 5.0, 6.0)),
        *(Method(MethodName.FWHM, maximum_of=of, base=base) for of in MaximumOf),
        Method(MethodName.OTSU),
        Method(MethodName.CORE, base=base),
    )
    zone = Method(MethodName.GREY_ZONE, base=base)
    return (*(replace(method, adds_no_reflow=adds_no_reflow) for method in scar), zone)


@dataclass(frozen=True)
class Wall:
    """One slice as methods see it.

    pixels: rescaled signal (rows, columns). myocardium, no_reflow, placed by a reader: masks of that shape. is_bare:
    the slice is known to hold no scar, so that no hyperenhanced region is proposed on it.
    """

    pixels: Pixels
    contrast: Contrast
    myocardium: Mask
    no_reflow: Mask | None = None
    placed: Mapping[Region, Mask] = field(default_factory=dict)
    is_bare: bool = False

    def region(self, region: Region) -> Mask:
        """The part of the myocardium that was placed, or else is proposed. Raises ThresholdUndefined."""
        if region in self.placed:
            within = self.placed[region] & self.myocardium
            if not within.any():
                raise ThresholdUndefined(f"the {region.value} region holds no myocardium")
            return within
        return self._remote if region is Region.REMOTE else self._hyperenhanced

    @cached_property
    def _remote(self) -> Mask:
        return remote_myocardium(self.pixels, self.myocardium)

    @cached_property
    def _hyperenhanced(self) -> Mask:
        if self.is_bare:
            return np.zeros_like(self.myocardium)
        return hyperenhanced_myocardium(self.pixels, self.myocardium)


def regions_of(method: Method) -> frozenset[Region]:
    """What a method rests on."""
    found = set()
    if method.name in (MethodName.N_SD, MethodName.GREY_ZONE) or method.base is Base.REMOTE:
        found.add(Region.REMOTE)
    if method.name in OF_HALF_MAXIMUM and method.maximum_of is MaximumOf.HYPERENHANCED:
        found.add(Region.HYPERENHANCED)
    return frozenset(found)


def mask_by(method: Method, wall: Wall) -> Mask:
    """What a method takes for scar (rows, columns). Raises ThresholdUndefined, MaskShapeMismatch."""
    found = _above_threshold(method, wall)
    if method.adds_no_reflow and wall.no_reflow is not None:
        found = found | (wall.no_reflow & wall.myocardium)
    return found


def _above_threshold(method: Method, wall: Wall) -> Mask:
    match method:
        case Method(name=MethodName.N_SD, n=float(n)):
            return n_sd(wall.pixels, wall.myocardium, wall.region(Region.REMOTE), n)
        case Method(name=MethodName.OTSU):
            return otsu(wall.pixels, wall.myocardium)
    bright = None if method.maximum_of is MaximumOf.MYOCARDIUM else wall.region(Region.HYPERENHANCED)
    core = full_width_half_maximum(
        wall.pixels,
        wall.myocardium,
        phase_sensitive=wall.contrast is Contrast.PSIR,
        base=wall.region(Region.REMOTE) if method.base is Base.REMOTE else method.level,
        hyperenhanced=bright,
    )
    if method.name is not MethodName.GREY_ZONE or bright is None:
        return core
    return grey_zone(wall.pixels, wall.myocardium, wall.region(Region.REMOTE), core, bright)
