"""Files in parts that pass where a whole one is too large: NAME.0, NAME.1, ..., which `cat` joins again."""

from pathlib import Path

PART_BYTES = 15 * 2**20


def write_parts(file: Path, folder: Path, part_bytes: int = PART_BYTES) -> list[Path]:
    """The file's parts, written into the folder in place of earlier ones, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    content, parts = file.read_bytes(), []
    for number, start in enumerate(range(0, len(content), part_bytes)):
        parts.append(folder / f"{file.name}.{number}")
        partial = parts[-1].with_name(f".{parts[-1].name}")
        partial.write_bytes(content[start : start + part_bytes])
        partial.replace(parts[-1])
    return parts
