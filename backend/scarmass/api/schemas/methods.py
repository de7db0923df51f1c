"""The words of the REST contract about readers' reference methods."""

from collections import defaultdict
from typing import Annotated

from pydantic import BaseModel, Field

from scarmass.api.schemas.common import Coordinate, Few, FrameNumber, Mass, Rle, Strict, Uid
from scarmass.domain import methods as domain
from scarmass.domain.methods import MOST_SD, Base, MaximumOf, MethodName, Region, Regions
from scarmass.services.readings.methods import ByMethod, ReadingByMethods, SliceByMethod

MAX_METHODS = 16
MAX_REGIONS = 2048


class Method(Strict):
    """n: standard deviations, of n_sd alone. maximum_of, base, level: of half of a maximum, which is measured from
    zero, from a stated level of rescaled signal, or from the mean of remote myocardium."""

    name: MethodName
    n: Annotated[float, Field(gt=0, le=MOST_SD, allow_inf_nan=False)] | None = None
    maximum_of: MaximumOf = MaximumOf.HYPERENHANCED
    base: Base = Base.ZERO
    level: Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)] | None = None
    adds_no_reflow: bool = False

    @staticmethod
    def of(method: domain.Method) -> "Method":
        return Method(
            name=method.name,
            n=method.n,
            maximum_of=method.maximum_of,
            base=method.base,
            level=method.level,
            adds_no_reflow=method.adds_no_reflow,
        )

    def to_domain(self) -> domain.Method:
        """Raises MethodInvalid."""
        return domain.Method(self.name, self.n, self.maximum_of, self.base, self.level, self.adds_no_reflow)


class Circle(Strict):
    """x, y: its middle in corner-based image pixels."""

    x: Coordinate
    y: Coordinate
    radius_mm: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]

    @staticmethod
    def of(circle: domain.Circle) -> "Circle":
        return Circle(x=circle.x, y=circle.y, radius_mm=circle.radius_mm)

    def to_domain(self) -> domain.Circle:
        return domain.Circle(self.x, self.y, self.radius_mm)


class PlacedRegion(Circle):
    """A circle that stands in the place of the region that is proposed on a slice; its myocardium counts."""

    sop_instance_uid: Uid
    frame_number: FrameNumber = 1
    region: Region


PlacedRegions = Annotated[Few[PlacedRegion], Field(max_length=MAX_REGIONS)]


def regions_of(placed: list[PlacedRegion]) -> Regions:
    """By slice; of several of one kind on one slice the last one counts."""
    regions = defaultdict(dict)
    for one in placed:
        regions[one.sop_instance_uid, one.frame_number][one.region] = one.to_domain()
    return dict(regions)


class MethodsRequest(Strict):
    """methods: null for the standard set. adds_no_reflow: whether it counts the no-reflow that is outlined."""

    methods: Annotated[Few[Method], Field(max_length=MAX_METHODS)] | None = None
    regions: PlacedRegions = Field(default_factory=list)
    adds_no_reflow: bool = True
    with_masks: bool = False

    def methods_to_domain(self) -> list[domain.Method] | None:
        """Raises MethodInvalid."""
        return None if self.methods is None else [method.to_domain() for method in self.methods]


class MethodSlice(BaseModel):
    """because: why the slice could not be measured, null where it was. mask: null where none was asked for."""

    sop_instance_uid: str
    frame_number: int
    index: int
    area_mm2: float | None
    mass: Mass | None
    because: str | None
    mask: Rle | None

    @staticmethod
    def of(one: SliceByMethod, with_masks: bool) -> "MethodSlice":
        return MethodSlice(
            sop_instance_uid=one.slice.header.sop_instance_uid,
            frame_number=one.slice.header.frame_number,
            index=one.index,
            area_mm2=one.area_mm2,
            mass=None if one.mass is None else Mass.of(one.mass),
            because=one.because,
            mask=Rle.of(one.mask) if with_masks and one.mask is not None else None,
        )


class MethodAnswer(BaseModel):
    """What a method makes of the slices that have contours, the excluded ones left out.

    mass: null where no slice could be measured. percent_of_myocardium, difference_g: by mass_extent. difference_g: less
    the reading's own scar on the slices that both have measured. because: which slices could not be measured, and why.
    """

    key: str
    short: str
    label: str
    method: Method
    mass: Mass | None
    percent_of_myocardium: float | None
    difference_g: float | None
    because: str | None
    slices: list[MethodSlice]

    @staticmethod
    def of(by: ByMethod, with_masks: bool) -> "MethodAnswer":
        return MethodAnswer(
            key=by.method.key,
            short=by.method.short,
            label=by.method.label,
            method=Method.of(by.method),
            mass=None if by.mass is None else Mass.of(by.mass),
            percent_of_myocardium=by.percent_of_myocardium,
            difference_g=by.difference_g,
            because=by.because,
            slices=[MethodSlice.of(one, with_masks) for one in by.slices],
        )


class Methods(BaseModel):
    """Of the reading at a revision."""

    revision: int
    methods: list[MethodAnswer]

    @staticmethod
    def of(reading: ReadingByMethods, with_masks: bool = False) -> "Methods":
        answers = [MethodAnswer.of(one, with_masks) for one in reading.methods]
        return Methods(revision=reading.revision, methods=answers)
