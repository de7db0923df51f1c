"""Commands that need more than the base installation say which extra of pyproject.toml they need."""

import re
from importlib.metadata import PackageNotFoundError, requires, version

from scarmass.domain.errors import ExtraNotInstalled


def require_extra(extra: str) -> None:
    """Raise ExtraNotInstalled where a package of the extra is not installed."""
    for package in packages_of(extra):
        try:
            version(package)
        except PackageNotFoundError as error:
            install = f"pip install 'scarmass[{extra}]'"
            raise ExtraNotInstalled(f"this command needs {package}, which is not installed: {install}") from error


def packages_of(extra: str) -> list[str]:
    """The names of the packages that an extra of scarmass brings."""
    found = (re.match(rf"([\w.-]+).*extra == ['\"]{extra}['\"]", line) for line in requires("scarmass") or ())
    return [match[1] for match in found if match]
