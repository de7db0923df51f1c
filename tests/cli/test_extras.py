"""What works in an installation without the extras, and what is said where it does not."""

import subprocess
import sys

import pytest

from scarmass.cli.extras import packages_of, require_extra
from scarmass.domain.errors import ExtraNotInstalled

pytestmark = pytest.mark.slow

IMPORT_THE_REST = """
import pkgutil, sys
from importlib import import_module

class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0].replace("_", "-") in {absent}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, NotInstalled())
import scarmass
for module in pkgutil.walk_packages(scarmass.__path__, "scarmass."):
    if not module.name.startswith(("scarmass.inference.", "scarmass.evaluation.", "scarmass.training.")):
        import_module(module.name)
"""


def test_only_inference_evaluation_and_training_import_packages_of_the_extras() -> None:
    absent = {*packages_of("models"), *packages_of("training")}
    assert {"torch", "openvino", "ultralytics", "pandas"} < absent
    script = IMPORT_THE_REST.format(absent=absent)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_extra_that_is_not_installed_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    require_extra("models")
    monkeypatch.setattr("scarmass.cli.extras.requires", lambda _: ["numpy", "no-such-package; extra == 'models'"])
    with pytest.raises(ExtraNotInstalled, match=r"no-such-package, .* pip install 'scarmass\[models\]'"):
        require_extra("models")
