"""Networks as ONNX files, made once for their weights, and held against torch whenever they are opened."""

import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from scarmass.domain.errors import WeightsInvalid
from scarmass.inference.int8 import with_int8_linear_layers
from scarmass.inference.onnx_network import OnnxNetwork, Precision, best_precision

log = logging.getLogger(__name__)

OPSET = 17

TOLERANCE = {Precision.FLOAT32: 1e-4, Precision.BFLOAT16: 0.03, Precision.INT8: 0.05}
"""Norm of the difference from torch's answer, over that answer's norm. Of what ships: 1e-6, 0.002 to 0.015, 0.026."""


class ExportedNetwork:
    """A network on the CPU, with inputs of fixed sizes. Safe to use from many threads: one run at a time."""

    def __init__(
        self,
        module: nn.Module,
        example: dict[str, Tensor],
        outputs: Sequence[str],
        path: Path,
        precision: Precision | None = None,
        examples: Sequence[dict[str, Tensor]] = (),
    ) -> None:
        """example: inputs by their names, such as the network meets. path: of the file, named after the weights; it is
        written where none is there, or one that answers otherwise (seconds): damaged, or of another version.
        precision: the fastest of this processor by default. examples: more inputs, by which 8-bit integers are scaled:
        without any, the network does not run in them.

        Runs in a slower precision where the example is not answered as torch does; raises WeightsInvalid where float32
        differs too.
        """
        self._outputs = outputs
        module.eval()  # the exporter leaves a module, and all in it, in the mode in which it found that
        expected = _answer(module, example)
        fastest = list(Precision).index(precision or best_precision())
        precisions = list(Precision)[fastest:]

        def opened(path: Path, made: Callable[[], nn.Module], precisions: Sequence[Precision]) -> OnnxNetwork | None:
            network = _agreeing(path, example, outputs, expected, precisions) if path.is_file() else None
            if network is None:
                _export(made(), example, outputs, path)
                network = _agreeing(path, example, outputs, expected, precisions)
            return network

        network = None
        if examples and Precision.INT8 in precisions:
            in_integers = path.with_stem(f"{path.stem}-int8")
            try:
                network = opened(in_integers, lambda: with_int8_linear_layers(module, examples), [Precision.INT8])
            except (RuntimeError, ValueError) as error:
                log.warning("%s cannot be made: %s", in_integers.name, error)
        if network is None:
            network = opened(path, lambda: module, [one for one in precisions if one is not Precision.INT8])
        if network is None:
            raise WeightsInvalid(f"as {path.name} the weights answer otherwise than in torch")
        self._network = network

    @property
    def precision(self) -> Precision:
        return self._network.precision

    def __call__(self, **inputs: Tensor) -> list[Tensor]:
        """The outputs in their order, on the CPU."""
        return self._network(self._outputs, **inputs)


def _agreeing(
    path: Path,
    example: dict[str, Tensor],
    outputs: Sequence[str],
    expected: Sequence[Tensor],
    precisions: Sequence[Precision],
) -> OnnxNetwork | None:
    """The file in the first of the precisions in which the example is answered as expected, if in any."""
    for precision in precisions:
        try:
            network = OnnxNetwork(path, precision)
            difference = _difference(network(outputs, **example), expected)
        except RuntimeError as error:
            log.warning("%s cannot be run: %s", path.name, error)
            return None
        if difference < TOLERANCE[precision]:
            return network
        log.warning("%s in %s differs from torch by %.2g: not used", path.name, precision.name, difference)
    return None


def _difference(answers: Sequence[Tensor], expected: Sequence[Tensor]) -> float:
    """The largest of the outputs' relative differences; not a number where an answer is none."""
    return float(torch.stack([(a - e).norm() / e.norm() for a, e in zip(answers, expected, strict=True)]).max())


def _answer(module: nn.Module, example: dict[str, Tensor]) -> tuple[Tensor, ...]:
    with torch.no_grad():  # a module may keep tensors that it makes, which the exporter meets again
        answer = module(*example.values())
    return (answer,) if isinstance(answer, Tensor) else tuple(answer)


def _export(module: nn.Module, example: dict[str, Tensor], outputs: Sequence[str], path: Path) -> None:
    """The file as a whole, or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(dir=path.parent, suffix=".partial")
    os.close(descriptor)
    try:
        with warnings.catch_warnings():
            # The tracer warns of sizes that become constants: they are, every input's size is fixed.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                module,
                tuple(example.values()),
                partial,
                input_names=list(example),
                output_names=list(outputs),
                opset_version=OPSET,
                dynamo=False,
            )
        Path(partial).replace(path)
    finally:
        Path(partial).unlink(missing_ok=True)
