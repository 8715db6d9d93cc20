"""Two networks side by side on a chip of up to three unlike cores; see docs/chips.md.

Cores, their sizes, the mappings of all layers and the schedule are searched together, within 1,024
PEs, 8 mm2 and 2 ms for each network.
"""

from pathlib import Path

from bohwsw import codesign_chip
from bohwsw.chips import load_chip_space

CHIPS = Path(__file__).parents[1] / "spaces/chips/three-cores.yaml"

chips = load_chip_space(CHIPS)
result = codesign_chip(
    chips,
    ["dqn", "mlp"],
    trials=4,
    evaluations=50,
    limits={"area_mm2": 8},
    latency_limits={"dqn": 1_000_000, "mlp": 1_000_000},
)
print(f"EDP {result.found.value:.4g} pJ x cycles, {result.best.area_mm2:.2f} mm2")
print(f"schedule within {result.found.gap:.1%} of the best for these mappings")
print("\n".join(chips.described(result.point)))
for name, figures in result.found.networks.items():
    print(f"{name}: {figures['latency_cycles']:,.0f} cycles, {figures['energy_pj']:.4g} pJ")
for node in result.found.timeline.nodes:
    when, core = f"{node.start_cycle:>9,.0f} {node.end_cycle:>9,.0f}", node.core or "-"
    print(f"{when} {core:<7} {node.network} {node.node}")
