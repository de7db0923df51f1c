"""The sampler: every index comes once in an epoch, and a restored sampler goes on with the same numbers."""

from scarmass.training.sampler import Sampler


def test_every_sample_comes_once_before_any_comes_again() -> None:
    sampler = Sampler([1], 5)
    epochs = [[sampler.next() for _ in range(5)] for _ in range(3)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(5))] * 3
    assert epochs[0] != epochs[1]


def test_a_restored_sampler_goes_on_where_the_saved_one_was() -> None:
    saved, restored = Sampler([1], 5), Sampler([2], 5)
    saved.next()
    restored.load_state_dict(saved.state_dict())
    assert [restored.next() for _ in range(12)] == [saved.next() for _ in range(12)]
    assert restored.generator.random() == saved.generator.random()
