"""The LGE myocardial mass of a reading, and scar as a part of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scarmass.domain.masks import Mask
from scarmass.domain.mass import Mass, MassExtent
from scarmass.domain.reading import Reading
from scarmass.domain.stack import SliceKey, headline_extent
from scarmass.domain.structures import CONTOURED, Structure, myocardium
from scarmass.services.measure import measure_stack


@dataclass(frozen=True)
class Myocardium:
    """mass: of the slices that have both contours. The percentages are of it and on the same slices, by the headline
    extent and, of each structure, by both; where they are not known, unknown_because says why."""

    mass: Mass
    scar_percent: float | None = None
    no_reflow_percent: float | None = None
    unknown_because: str | None = None
    percents: Mapping[Structure, Mapping[MassExtent, float]] = field(default_factory=dict)


def measure_myocardium(reading: Reading, density_g_per_ml: float, of_the_site: MassExtent) -> Myocardium:
    """Excluded slices do not count."""
    outlined = {structure: reading.masks(structure) for structure in CONTOURED}
    both = [key for key in reading.keys if all(key in masks for masks in outlined.values())]
    if not both:
        return Myocardium(Mass(None, None), unknown_because="no slice has contours of both ventricle and blood pool")
    wall = {key: myocardium({structure: outlined[structure][key] for structure in CONTOURED}) for key in both}
    whole = measure_stack(reading.slices, wall, density_g_per_ml)
    extent = headline_extent(reading.slices, of_the_site)
    whole_g = whole.mass_g(extent)
    scar, no_reflow = (reading.masks(structure) for structure in (Structure.SCAR, Structure.NO_REFLOW))
    if uncounted := sum(bool(mask.any()) and key not in wall for key, mask in scar.items()):
        slices = "1 slice with scar has" if uncounted == 1 else f"{uncounted} slices with scar have"
        return Myocardium(whole.mass, unknown_because=f"{slices} no contours of both ventricle and blood pool")
    if not whole_g:
        return Myocardium(whole.mass, unknown_because="the mass of the myocardium is not known")

    def percents(masks: Mapping[SliceKey, Mask]) -> dict[MassExtent, float]:
        inside = {key: mask for key, mask in masks.items() if key in wall}
        part = measure_stack(reading.slices, inside, density_g_per_ml) if inside else None
        masses = {each: (part and part.mass_g(each), whole.mass_g(each)) for each in MassExtent}
        return {each: 100 * of / all for each, (of, all) in masses.items() if of is not None and all}

    found = {Structure.SCAR: percents(scar), Structure.NO_REFLOW: percents(no_reflow)}
    of_scar, of_no_reflow = (part.get(extent) for part in found.values())
    return Myocardium(whole.mass, of_scar, of_no_reflow, percents=found)
