"""PyTorch modules as networks: totals by hand and by torch's own counter."""

from __future__ import annotations

import pytest

import bohwsw
from bohwsw.errors import SpecError
from bohwsw.workload import Network

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")
pytestmark = pytest.mark.usefixtures("one_table_of_operators")
nn = torch.nn


class Mixed(nn.Module):
    """Convolutions plain, depthwise and transposed, a linear layer, attention, an LSTM."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.depthwise = nn.Conv2d(8, 8, 3, groups=8, padding=1)
        self.linear = nn.Linear(8, 16)
        self.attention = nn.MultiheadAttention(16, 4, batch_first=True)
        self.lstm = nn.LSTM(16, 12, batch_first=True, bidirectional=True)
        self.transposed = nn.ConvTranspose1d(24, 8, 4, stride=2)

    def forward(self, x):  # type: ignore[no-untyped-def]
        x = torch.relu(self.conv(x))
        x = x + self.depthwise(x)
        x = self.linear(x.flatten(2).transpose(1, 2))
        x, _ = self.attention(x, x, x)
        x, _ = self.lstm(x)
        return self.transposed(x.transpose(1, 2))


@pytest.fixture(scope="module")
def network() -> Network:
    module = Mixed()
    found = bohwsw.from_torch(module, (torch.zeros(2, 3, 16, 16),))
    assert module.training
    return found


def test_every_kind_of_layer_is_counted(network: Network) -> None:
    n, tokens = 2, 64
    conv = n * 8 * 64 * 3 * 9 + n * 8 * 64 * 9
    linear = n * tokens * 8 * 16
    attention = n * tokens * 16 * 16 * 4 + 2 * n * 4 * tokens * tokens * 4
    lstm = 2 * n * tokens * 4 * 12 * (16 + 12)
    transposed = n * tokens * 24 * 8 * 4
    assert network.macs == conv + linear + attention + lstm + transposed
    assert network.name == "Mixed"


def test_edges_are_kept(network: Network) -> None:
    assert network.edges
    last = network.order[-1]
    assert network.tensors[last].words == 2 * 8 * 130


def test_the_steps_of_an_lstm_wait_for_one_another(network: Network) -> None:
    waiting = [entry for entry in network.unique_layers() if entry.layer.sequential]
    (entry,) = waiting
    assert (entry.layer.sequential, entry.layer.steps, entry.count) == ("P", 64, 2)
    assert entry.layer.macs == 2 * 64 * 4 * 12 * 12


def test_what_cannot_be_traced_is_named() -> None:
    class Branches(nn.Module):
        def forward(self, x):  # type: ignore[no-untyped-def]
            return x if x.sum() > 0 else -x

    with pytest.raises(SpecError, match="cannot trace") as caught:
        bohwsw.from_torch(Branches(), (torch.zeros(2),))
    assert caught.value.file == "Branches"
    with pytest.raises(SpecError, match="not a PyTorch module"):
        bohwsw.from_torch(3, ())  # type: ignore[arg-type]
