"""Who a patient is: names and dates as different machines write them."""

from scarmass.domain.stack import StudyHeader


def plain_name(name: str) -> str:
    """A DICOM person name without the empty components that end its groups (PS3.5 6.2.1.2)."""
    return "=".join(group.rstrip("^ ") for group in name.split("=")).rstrip("=")


def plain_date(date: str) -> str:
    """YYYY.MM.DD, as ACR-NEMA wrote dates, is YYYYMMDD; anything else stays what it is."""
    parts = date.split(".")
    is_dotted = [len(part) for part in parts] == [4, 2, 2] and all(part.isdecimal() for part in parts)
    return "".join(parts) if is_dotted else date


def is_same_name(one: str, other: str) -> bool:
    """Whatever the case, and however many spaces and empty components."""
    return _folded(one) == _folded(other)


def distinct_names(names: list[str]) -> list[str]:
    """The names that name somebody, each person once, in order of appearance."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(names):  # a study spells it the same in thousands of images
        found.setdefault(_folded(name), plain_name(name))
    found.pop("", None)
    return list(found.values())


def is_same_patient(one: StudyHeader, other: StudyHeader) -> bool:
    """Same PatientID, and where that is empty the same PatientName; birth dates, where both are known, agree."""
    births = {plain_date(one.patient_birth_date), plain_date(other.patient_birth_date)} - {""}
    is_named_alike = is_same_name(one.patient_name, other.patient_name)
    return one.patient_id == other.patient_id and len(births) < 2 and (bool(one.patient_id) or is_named_alike)


def is_surely_same_patient(one: StudyHeader, other: StudyHeader) -> bool:
    """Nothing speaks against it, and their birth dates are known or their names alike: what a loss may rest on."""
    are_born = bool(one.patient_birth_date and other.patient_birth_date)
    return is_same_patient(one, other) and (are_born or is_same_name(one.patient_name, other.patient_name))


def _folded(name: str) -> str:
    return " ".join(plain_name(name).casefold().split())


def written_name(name: str) -> str:
    """A DICOM person name as people write it: Family, Given Middle, with its ideographic form behind."""
    groups = [[part.strip() for part in group.split("^")[:3]] for group in name.split("=")[:2]]
    family, given = groups[0][0], " ".join(filter(None, groups[0][1:]))
    alphabetic = ", ".join(filter(None, (family, given)))
    ideographic = " ".join(filter(None, groups[1])) if len(groups) > 1 else ""
    return f"{alphabetic} ({ideographic})" if alphabetic and ideographic else alphabetic or ideographic
