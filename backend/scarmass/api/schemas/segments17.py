"""The words of the REST contract about the 17 segments of the left ventricle."""

from pydantic import BaseModel

from scarmass.api.schemas.common import Mass, SliceName
from scarmass.api.schemas.landmarks import slice_name
from scarmass.domain import segments17 as domain
from scarmass.domain.aha_model import Level
from scarmass.domain.mass import Mass as MassOfScar
from scarmass.domain.opening_view import Apex


class Sector(SliceName):
    """A segment on one slice. outline: points [x, y] around it, in corner-based image pixels."""

    area_mm2: float
    myocardium_area_mm2: float
    outline: list[tuple[float, float]]


class Segment17(BaseModel):
    """One segment of the AHA model; figures are null where it was not assessed.

    area_mm2, mass: of scar within the myocardium. percent_scar: of the segment's myocardium that is scar.
    transmurality: mean percent of the wall that is scar, over the chords that hold scar; percent_extent: how many do.
    viability: by transmurality_class, after Kim et al., N Engl J Med 2000;343:1445. no_reflow_mass: 0 where none is
    outlined.
    """

    segment: int
    name: str
    level: Level
    area_mm2: float | None
    mass: Mass | None
    myocardium_area_mm2: float | None
    myocardium_mass: Mass | None
    percent_scar: float | None
    percent_extent: float | None
    transmurality: float | None
    transmurality_class: str | None
    viability: domain.Viability | None
    no_reflow_mass: Mass | None
    assessed: bool
    slices: list[Sector]

    @staticmethod
    def of(segment: domain.AhaSegment) -> "Segment17":
        return Segment17(
            segment=segment.segment,
            name=segment.name,
            level=segment.level,
            area_mm2=segment.area_mm2,
            mass=_mass(segment.mass),
            myocardium_area_mm2=segment.myocardium_area_mm2,
            myocardium_mass=_mass(segment.myocardium_mass),
            percent_scar=segment.percent_scar,
            percent_extent=segment.percent_extent,
            transmurality=segment.transmurality,
            transmurality_class=segment.transmurality_class,
            viability=segment.viability,
            no_reflow_mass=_mass(segment.no_reflow_mass),
            assessed=segment.is_assessed,
            slices=[_sector(each) for each in segment.sectors],
        )


class LevelOfSlice(SliceName):
    level: Level


class LevelsTold(BaseModel):
    """The level of each slice with contours, and how base and apex were told.

    apex: which end of the slices it is. doubt: what else tells otherwise. untold: slices whose scar nobody told, which
    count in no segment. outside_mm2: scar beyond the myocardium, likewise.
    """

    slices: list[LevelOfSlice]
    apex: Apex
    apex_because: str
    doubt: str | None
    untold: list[SliceName]
    outside_mm2: float

    @staticmethod
    def of(told: domain.Segments17) -> "LevelsTold":
        return LevelsTold(
            slices=[LevelOfSlice(**slice_name(key).model_dump(), level=level) for key, level in told.levels.items()],
            apex=told.long_axis.apex,
            apex_because=told.long_axis.because,
            doubt=told.long_axis.doubt,
            untold=[slice_name(key) for key in told.untold],
            outside_mm2=told.outside_mm2,
        )


def _mass(mass: MassOfScar | None) -> Mass | None:
    return None if mass is None else Mass.of(mass)


def _sector(sector: domain.Sector) -> Sector:
    return Sector(
        **slice_name(sector.slice).model_dump(),
        area_mm2=sector.area_mm2,
        myocardium_area_mm2=sector.myocardium_mm2,
        outline=[(float(x), float(y)) for x, y in sector.outline],
    )
