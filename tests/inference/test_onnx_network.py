import os
import subprocess
import sys
from pathlib import Path

import pytest

from scarmass.inference.onnx_network import OnnxNetwork, Precision

TELLING = "raise SystemExit('its makers are told')"
IMPORT_QUIETLY = "from scarmass.inference.onnx_network import quiet_openvino as quiet; quiet().Core()"


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    path.write_bytes(b"of something else")
    with pytest.raises(RuntimeError, match="Unable to read the model"):
        OnnxNetwork(path, Precision.FLOAT32)


def test_its_makers_are_told_nothing_even_where_the_package_for_it_is_installed(tmp_path: Path) -> None:
    (tmp_path / "openvino_telemetry.py").write_text(TELLING)
    python = [sys.executable, "-c"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    as_it_is, quiet = (
        subprocess.run([*python, code], env=environment, capture_output=True, text=True, check=False)
        for code in ("import openvino", IMPORT_QUIETLY)
    )
    assert "its makers are told" in as_it_is.stderr
    assert quiet.returncode == 0, quiet.stderr
