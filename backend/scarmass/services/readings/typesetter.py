"""The process that sets a report: JSON on standard input, `python -m scarmass.services.readings.typesetter`, PDF out.

Bounded in memory by itself and in time by who starts it. The sheet reaches the template as data: no text of a patient
is ever read as markup.
"""

import json
import os
import resource
import sys
from importlib.resources import files
from pathlib import Path

MEMORY_BYTES = 1536 * 2**20
NOWHERE = "http://127.0.0.1:9"
"""The proxy of a process that may fetch no package for a template."""


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        os.environ[name] = os.environ[name.upper()] = NOWHERE
    os.environ["RAYON_NUM_THREADS"] = "1"
    import typst

    asked = json.load(sys.stdin)
    template = Path(asked["template"])
    try:
        pdf = typst.compile(
            str(template),
            root=str(template.parent),
            font_paths=[str(files("pylopdf_fonts_zh_cn"))],
            sys_inputs={"sheet": json.dumps(asked["sheet"])},
        )
    except typst.TypstError as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.buffer.write(pdf)
    return 0


if __name__ == "__main__":
    sys.exit(main())
