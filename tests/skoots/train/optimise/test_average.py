"""The averaged network against its recurrence, by hand."""

from __future__ import annotations

import pytest
import torch

from skoots.model.unet import UNet
from skoots.train.optimise.average import WeightAverage


def _network(seed: int) -> UNet:
    torch.manual_seed(seed)
    network = UNet(dims=(2, 4), depths=(1,))
    for name, buffer in network.named_buffers():
        if name.endswith("running_mean"):
            buffer.fill_(seed)
        if name.endswith("num_batches_tracked"):
            buffer.fill_(seed)
    return network


def test_three_steps_by_hand() -> None:
    networks = [_network(seed) for seed in range(4)]
    average = WeightAverage(networks[0], decay=0.15)
    for network in networks[1:]:
        average.update(network)
    states = [network.state_dict() for network in networks]
    for name, value in average.network.state_dict().items():
        expected = states[0][name].double()
        # (1 + n) / (10 + n), never above .15: 1/10, then 2/11 and 3/12 are cut
        for state, decay in zip(states[1:], (0.1, 0.15, 0.15), strict=True):
            expected = decay * expected + (1 - decay) * state[name]
        if value.is_floating_point():
            assert torch.allclose(value.double(), expected, atol=1e-6), name
        else:
            assert value == 3, name


def test_running_statistics_are_averaged_too() -> None:
    average = WeightAverage(_network(0), decay=0.5)
    average.update(_network(1))
    assert average.network.state_dict()["stem.1.running_mean"][0] == pytest.approx(0.9)


def test_a_decay_of_zero_gives_the_network_itself() -> None:
    average = WeightAverage(_network(0), decay=0.0)
    average.update(_network(1))
    for name, value in _network(1).state_dict().items():
        assert torch.equal(average.network.state_dict()[name], value)


def test_the_trained_network_is_left_alone() -> None:
    network = _network(0)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    average = WeightAverage(network, decay=0.9)
    average.update(_network(1))
    assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())
    assert network.training
    assert not average.network.training
    assert not any(p.requires_grad for p in average.network.parameters())


def test_a_saved_average_goes_on_exactly(tmp_path: object) -> None:
    first = WeightAverage(_network(0), decay=0.9)
    first.update(_network(1))
    torch.save(first.state_dict(), f"{tmp_path}/average.pt")
    second = WeightAverage(_network(5), decay=0.9)
    second.load_state_dict(torch.load(f"{tmp_path}/average.pt", weights_only=True))
    for average in (first, second):
        average.update(_network(2))
    assert first.updates == second.updates == 2
    other = second.network.state_dict()
    for name, value in first.network.state_dict().items():
        assert torch.equal(value, other[name])


def test_a_wrapped_network_is_taken_in_as_it_is() -> None:
    plain, wrapped = WeightAverage(_network(0), 0.9), WeightAverage(_network(0), 0.9)
    plain.update(_network(1))
    wrapped.update(torch.nn.ModuleDict({"module": _network(1)}))
    other = wrapped.network.state_dict()
    for name, value in plain.network.state_dict().items():
        assert torch.equal(value, other[name])
