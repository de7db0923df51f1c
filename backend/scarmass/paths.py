"""Where the parts that are not Python lie: beside the source in a checkout, inside an installed package."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = next((folder for folder in PACKAGE.parents if folder / "backend" / "scarmass" == PACKAGE), None)
"""The root of the repository, None where the package was installed from a wheel."""

PARTS = CHECKOUT or PACKAGE
FRONTEND = PARTS / "frontend"
MIGRATIONS = PARTS / "alembic"
WEIGHTS = PARTS / "weights"
