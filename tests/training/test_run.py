"""Training runs: what the folder says, and that an interrupted run ends as one that was not."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from lightning_fabric import Fabric
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor, nn

from scarmass.domain.errors import RunConflict
from scarmass.training.run import Devices, Provenance, Run, open_fabric
from scarmass.training.sampler import Sampler

PROVENANCE = Provenance(
    config='seed = 3 # why not\n[optimiser]\nrate = 0.1\nname = "adam"\n',
    seed=3,
    dataset_sha256="a" * 64,
    split_sha256="b" * 64,
    base_sha256="c" * 64,
)
SAMPLES = torch.linspace(-1, 1, 20).reshape(5, 4)


@pytest.fixture
def fabric() -> Fabric:
    return open_fabric(Devices(accelerator="cpu"))


def trained(folder: Path, fabric: Fabric, steps: int, *, resume: bool = False) -> dict[str, Tensor]:
    """A tiny network after so many steps over the run's sessions; its dropout and its samples are random."""
    torch.manual_seed(7)
    run = Run(folder, PROVENANCE, fabric, resume=resume)
    network = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.BatchNorm1d(8), nn.Linear(8, 1))
    module, optimiser = fabric.setup(network, torch.optim.AdamW(network.parameters(), lr=0.1))
    sampler = Sampler([PROVENANCE.seed], len(SAMPLES))
    state = {"network": module, "optimiser": optimiser, "step": 0}
    assert run.restore(state, sampler) is resume
    while state["step"] < steps:
        chosen = SAMPLES[[sampler.next() for _ in range(2)]]
        noise = torch.from_numpy(sampler.generator.normal(size=chosen.shape)).float()
        optimiser.zero_grad()
        fabric.backward(module(chosen + 0.1 * noise).square().sum())
        optimiser.step()
        state["step"] += 1
    run.save(state, sampler)
    run.log(state["step"], {"loss": 0.5})
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def test_a_resumed_run_ends_with_the_weights_of_one_never_interrupted(fabric: Fabric, tmp_path: Path) -> None:
    whole = trained(tmp_path / "whole", fabric, 6)
    half = trained(tmp_path / "parts", fabric, 3)
    resumed = trained(tmp_path / "parts", fabric, 6, resume=True)
    assert not torch.equal(half["0.weight"], whole["0.weight"])
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)


def test_the_folder_says_what_the_run_is_of_and_what_it_ran_on(fabric: Fabric, tmp_path: Path) -> None:
    trained(tmp_path, fabric, 1)
    trained(tmp_path, fabric, 2, resume=True)
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["config"] == {"seed": 3, "optimiser": {"rate": 0.1, "name": "adam"}}
    assert (record["dataset_sha256"], record["split_sha256"]) == ("a" * 64, "b" * 64)
    assert len(record["sessions"]) == 2
    assert record["sessions"][0]["precision"] == "32-true"
    assert record["sessions"][0]["packages"]["torch"] == torch.__version__.partition("+")[0]
    assert (tmp_path / "config.toml").read_text() == PROVENANCE.config


def test_scores_are_curves_over_all_sessions(fabric: Fabric, tmp_path: Path) -> None:
    trained(tmp_path, fabric, 1)
    trained(tmp_path, fabric, 2, resume=True)
    events = EventAccumulator(str(tmp_path / "events")).Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(1, 0.5), (2, 0.5)]


@pytest.mark.parametrize("other", ["dataset_sha256", "split_sha256", "base_sha256"])
def test_a_run_of_other_data_is_not_resumed(fabric: Fabric, tmp_path: Path, other: str) -> None:
    Run(tmp_path, PROVENANCE, fabric)
    with pytest.raises(RunConflict, match=other):
        Run(tmp_path, replace(PROVENANCE, **{other: "d" * 64}), fabric, resume=True)


def test_a_run_of_another_configuration_is_not_resumed_but_comments_may_change(fabric: Fabric, tmp_path: Path) -> None:
    Run(tmp_path, PROVENANCE, fabric)
    Run(tmp_path, replace(PROVENANCE, config=PROVENANCE.config.replace("why not", "because")), fabric, resume=True)
    with pytest.raises(RunConflict, match="config"):
        Run(tmp_path, replace(PROVENANCE, config=PROVENANCE.config.replace("0.1", "0.2")), fabric, resume=True)


def test_a_run_is_neither_overwritten_nor_resumed_from_nothing(fabric: Fabric, tmp_path: Path) -> None:
    with pytest.raises(RunConflict, match="no run"):
        Run(tmp_path, PROVENANCE, fabric, resume=True)
    Run(tmp_path, PROVENANCE, fabric)
    with pytest.raises(RunConflict, match="already holds"):
        Run(tmp_path, PROVENANCE, fabric)


def test_a_run_interrupted_before_its_first_checkpoint_starts_again(fabric: Fabric, tmp_path: Path) -> None:
    Run(tmp_path, PROVENANCE, fabric)
    assert not Run(tmp_path, PROVENANCE, fabric, resume=True).restore({}, Sampler([0], 1))


def test_the_minutes_of_earlier_sessions_count(fabric: Fabric, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 120.0, 1000.0, 2000.0, 2060.0])
    monkeypatch.setattr("scarmass.training.run.time", SimpleNamespace(monotonic=lambda: next(clock)))
    Run(tmp_path, PROVENANCE, fabric).save({}, Sampler([0], 1))
    resumed = Run(tmp_path, PROVENANCE, fabric, resume=True)
    resumed.restore({}, Sampler([0], 1))
    assert resumed.minutes() == 3
