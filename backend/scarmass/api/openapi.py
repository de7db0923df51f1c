"""The OpenAPI document, printed: `python -m scarmass.api.openapi`. It needs no database."""

import json
from contextlib import nullcontext
from typing import Any, cast

from scarmass.api.app import create_app
from scarmass.services.context import Context


def document() -> dict[str, Any]:
    """The routes and their schemas make it; no service is called."""
    return create_app(cast(Context, None), nullcontext()).openapi()


if __name__ == "__main__":
    print(json.dumps(document()))
