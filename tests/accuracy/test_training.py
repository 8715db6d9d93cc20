"""Training one network: repeatable, better than chance, and only of data that fit."""

from __future__ import annotations

import pytest
import torch

from bohwsw.accuracy import load_data
from bohwsw.accuracy.torch_network import TorchNetwork
from bohwsw.accuracy.training import TrainedWeights, share_correct, train
from bohwsw.errors import SpecError
from bohwsw.workload import Network, load_model, load_network

DIGITS = load_data("digits")


def small() -> Network:
    model = load_model("digits-cnn")
    return model.network(model.with_point({"width": 6, "depth": 1}))


def accuracy(run: TrainedWeights) -> float:
    model = TorchNetwork(small(), is_folded=True).eval()
    model.load(run.weights)
    return share_correct(model, DIGITS)


def test_a_run_repeats_itself_and_another_seed_does_not() -> None:
    before = torch.get_num_threads()
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    first, second = (train(small(), DIGITS, 0, 1) for _ in range(2))
    assert torch.rand(1) == expected  # nobody else's random numbers have moved
    assert torch.get_num_threads() == before
    other = train(small(), DIGITS, 1, 1)
    for name, values in first.weights.items():
        assert torch.equal(values, second.weights[name])
        assert not torch.equal(values, other.weights[name])
    assert first.seconds > 0


def test_longer_training_and_fine_tuning_are_better() -> None:
    begun, longer = train(small(), DIGITS, 0, 1), train(small(), DIGITS, 0, 6)
    assert accuracy(longer) > accuracy(begun) > 15
    assert accuracy(longer) > 75
    tuned = train(small(), DIGITS, 0, 1, start=longer.weights)
    assert accuracy(tuned) > accuracy(begun) + 20


def test_data_that_are_not_for_the_network_are_refused() -> None:
    with pytest.raises(SpecError, match="expected: K=1 P=8 Q=8"):
        train(load_network("kws-ds-cnn"), DIGITS, 0, 1)
    with pytest.raises(SpecError, match="no examples for training"):
        train(small(), load_data("digits", 1.0), 0, 1)
