"""A technology of one's own: what an access and a multiply-accumulate cost."""

from dataclasses import dataclass

from bohwsw.tech import MacCost, StorageCost, register_technology


@dataclass(frozen=True)
class Linear:
    """Energy grows with the logarithm of a memory's size, area with its bits; made up."""

    name: str = "linear"
    source: str = "made up for this example"

    def storage(self, shape):
        if shape.entries is None:
            return StorageCost(500.0, 500.0, 500.0, 0.0)
        bits = shape.entries * shape.word_bits
        energy_pj = 0.1 * bits.bit_length() * shape.block_size
        return StorageCost(energy_pj, energy_pj, energy_pj, 1e-6 * bits)

    def mac(self, word_bits):
        return MacCost(0.2 * (word_bits / 8) ** 2, 0.001)

    def hop_energy_pj(self, word_bits):
        return 0.05


register_technology(Linear())
