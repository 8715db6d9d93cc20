"""A network, its bits, patterns of its filters and an FPGA engine together; see docs/fpga.md.

Each network is trained, then pruned and rounded; hardware figures and their limits come first.
"""

import bohwsw
from bohwsw.codesign import space_on_board

machines = space_on_board({"board": "pynq-z1", "engine": "hotnas2020", "patterns": True})
result = bohwsw.codesign_joint(
    machines,
    "digits-cnn-patterns",
    "train",
    accuracy_options={"model": "digits-cnn-patterns", "epochs": 2, "seeds": 1},
    joint=bohwsw.Joint(start=[{"pattern": "4 of 3x3"}]),
    objective="accuracy,latency",
    limits={"dsps": 64, "images_per_s": 2_000},
    trials=8,
)
for design in result.designs:
    knobs = ", ".join(f"{name} {value}" for name, value in design.networks[0].knobs.items())
    rate, accuracy = design.figure("images_per_s"), design.figure("accuracy_percent")
    print(f"{accuracy:.2f} %, {rate:,.0f} images/s: {knobs}")
for layer in result.best.fpga.layers:
    print(layer["name"], layer["cycles"], layer["binds"])
