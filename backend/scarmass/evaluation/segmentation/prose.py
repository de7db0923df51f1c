"""What the validation report says in words."""

from typing import Any

DEFINITIONS = """\
- **Reference**: the dataset's own masks. Scar includes no-reflow (microvascular obstruction) that it encloses.
- **Dice by patient**: the slices of a patient pooled, mean over patients with scar. **Dice by slice**: mean over slices
  with scar. Intervals are bootstrap 95 % intervals of the mean.
- **HD95**: 95th percentile Hausdorff distance on slices with scar. A slice whose scar was missed whole is infinitely
  far: it counts in the median. Where pixel spacing is nominal (lost in the source), millimetres are those of a
  ventricle of 80 mm.
- **Automatic**: the boxes that are proposed on all slices of the patient ask the segmenter: one around each part of its
  own answer to the ventricle's box, and none where it is certain of too little scar in the whole stack. A missed or a
  wrong box stays as it is.
- **Drawn boxes**: one box around each 8-connected component of the reference of at least 30 mm2 (nominal ones where
  the spacing is nominal), each edge moved outwards by a seeded 0 to 15 % of the box's length on its axis, cut off at
  the image. A slice without scar gets none.
- **Boxes and clicks**: drawn boxes, then at most three clicks a slice, each in the deepest point of the largest
  8-connected component of the error over the whole slice, positive where scar was missed and negative where too much
  was found, answered with the boxes, all clicks so far and the mask so far. It ends where nothing is wrong. The laws
  of correction hold: a positive click only adds, a negative one only takes away, what hangs together with it.
- **Outlines following**: the same reader goes through the stack from its middle outwards. After each slice with scar
  the sensitivity is fitted to all slices read so far, and the next slice's boxes and clicks are answered at it; slices
  read stay as they are. Fixed: every slice is answered at the sensitivity named under provenance, which the following
  ones begin with.
- In every use the detector's ventricle places the window, as in the application. The reference places drawn boxes and
  clicks; it alters no answer.
- **Machine seconds**: detection, encoding of every slice and all answers of one patient, one use alone.
- **Scar size**: grams (1.05 g/mL) by slice thickness and by slice spacing where the geometry is known; always the
  percentage of the reference myocardium.
- **Agreement**: measured less reference. R² Pearson is the squared correlation; R² identity is 1 - the squared
  differences over the reference's sum of squares about its mean, and can be negative.
- **n-SD**: myocardium above the mean + n standard deviations of remote myocardium, inside the reference myocardium on
  every slice. Remote is the darkest 60 degree sector.
- **FWHM**: myocardium above half way from the remote mean to the maximum within the reference scar, as a reader points
  it out; slices without scar hold none. Both thresholds know the true contours, and neither adds no-reflow by hand."""

NOT_TESTED = """\
- Centres, scanners, field strengths and sequences other than those of the dataset above.
- Readers: clicks and boxes are simulated from the reference. What a person draws, how long it takes and how two differ
  was not measured.
- Non-ischaemic scar, devices, right ventricle, atria, paediatric hearts.
- Whether a figure changes a decision about a patient."""


def part_said(part: str, cohort: dict[str, Any]) -> str:
    """Which patients these are, and what their figures may be used for."""
    counts = (
        f"{cohort['patients']} patients of the {part} part, {cohort['patients_with_scar']} of them with scar, "
        f"{cohort['slices']} slices"
    )
    centres = ", ".join(f"{name or 'unnamed'} ({n})" for name, n in cohort["patients_by_centre"].items())
    lines = [f"{counts}. Centres: {centres}."]
    if part != "test":
        lines.append("**These are not test patients**: models were trained or chosen on this part of the split.")
    if nominal := cohort["patients_of_nominal_spacing"]:
        lines.append(f"The pixel spacing of {nominal} patients is lost: no grams can be had of them.")
    if blind := cohort["patients_without_heart_found"]:
        lines.append(f"The detector found no ventricle in {blind} patients; their window is the whole slice.")
    return " ".join(lines)
