"""The LGE myocardial mass of a reading, and scar as a part of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from scarmass.domain.masks import Mask
from scarmass.domain.mass import Mass, MassExtent
from scarmass.domain.reading import Reading
from scarmass.domain.stack import SliceKey, headline_extent
from scarmass.domain.structures import CONTOURED, Structure, myocardium
from scarmass.services.measure import measure_stack


@dataclass(frozen=True)
class Myocardium:
    """mass: of the slices that have both contours. The percentages are of it, by the headline extent and on the same
    slices; where they are not known, unknown_because says why."""

    mass: Mass
    scar_percent: float | None = None
    no_reflow_percent: float | None = None
    unknown_because: str | None = None


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

    def percent(masks: Mapping[SliceKey, Mask]) -> float | None:
        inside = {key: mask for key, mask in masks.items() if key in wall}
        mass_g = measure_stack(reading.slices, inside, density_g_per_ml).mass_g(extent)
        return None if mass_g is None or not inside else 100 * mass_g / whole_g

    return Myocardium(whole.mass, percent(scar), percent(no_reflow))
