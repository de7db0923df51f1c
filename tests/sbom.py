"""Holds bills of materials against the schema of CycloneDX that they name: `python -m tests.sbom dist/sbom-*.json`."""

import json
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


def fault_of(path: Path) -> str | None:
    """What is wrong with a bill of materials, None where nothing is."""
    text = path.read_text()
    document = json.loads(text)
    if not document.get("components"):
        return "it names no component"
    version = SchemaVersion[f"V{document['specVersion'].replace('.', '_')}"]
    error = JsonStrictValidator(version).validate_str(text)
    return None if error is None else str(error)


if __name__ == "__main__":
    faults = {path: fault for path in map(Path, sys.argv[1:]) if (fault := fault_of(path)) is not None}
    for path, fault in faults.items():
        print(f"{path}: {fault}", file=sys.stderr)
    sys.exit(bool(faults) or len(sys.argv) < 2)
