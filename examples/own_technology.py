"""Price a machine with a technology of your own: any object with the right five members will do."""

from dataclasses import dataclass

import bohwsw
from bohwsw.codesign import space_from_dict
from bohwsw.tech import MacCost, StorageCost, StorageShape, register_technology


@dataclass(frozen=True)
class SquareRoot:
    """Energy that grows with the square root of a memory's size."""

    name: str = "square-root"
    source: str = "made up for this example"

    def storage(self, shape: StorageShape) -> StorageCost:
        if shape.entries is None:
            return StorageCost(500.0, 500.0, 500.0, 0.0)
        energy_pj = 0.01 * (shape.entries * shape.word_bits) ** 0.5 * shape.block_size
        return StorageCost(energy_pj, energy_pj, energy_pj, None)

    def mac(self, word_bits: int) -> MacCost:
        return MacCost(0.2 * (word_bits / 8) ** 2, None)

    def hop_energy_pj(self, word_bits: int) -> float:
        return 0.05


register_technology(SquareRoot())
data = bohwsw.load_space("eyeriss-168").spec.model_dump(mode="json", exclude_none=True)
space = space_from_dict({**data, "technology": "square-root"})
design = bohwsw.map_network(space, "dqn", layers=["conv2"], gap=0.1)
print(f"{design.energy_pj:,.0f} pJ, {design.latency_cycles:,} cycles")
