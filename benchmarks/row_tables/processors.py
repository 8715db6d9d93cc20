"""Made-up tables of processor designs: columns and objectives as such tables have them.

Sizes of an out-of-order core go together, as in real cores, and cost and speed follow from them by
rules of thumb: the slowest of several resources limits the instructions per cycle, register files
grow with the square of their ports, misses fall with a power of a cache's size (M. D. Hill and
A. J. Smith, "Evaluating associativity in CPU caches", 1989, of which only the shape is taken). A
hundredth of each is scatter, as of a synthesis run. None of the numbers is a measurement.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Columns = dict[str, npt.NDArray[Any]]

ROWS = 15_000
SCATTER = 0.01

SIZES: dict[str, list[int]] = {
    "decode_width": [1, 2, 3, 4, 5],
    "fetch_bytes": [8, 16, 32],
    "fetch_buffer": [8, 16, 24, 32, 40],
    "reorder_buffer": [16, 32, 64, 96, 128, 160],
    "int_registers": [40, 52, 64, 80, 96, 112, 128],
    "fp_registers": [40, 48, 64, 96, 128],
    "load_queue": [4, 8, 16, 24, 32],
    "store_queue": [4, 8, 16, 24, 32],
    "int_issue": [1, 2, 3, 4, 5],
    "mem_issue": [1, 2],
    "fp_issue": [1, 2],
    "branch_tags": [4, 8, 12, 16, 20],
    "icache_kbytes": [4, 8, 16, 32, 64],
    "dcache_kbytes": [4, 8, 16, 32, 64],
    "dcache_ways": [1, 2, 4, 8],
    "miss_registers": [1, 2, 4, 8],
    "tlb_entries": [8, 16, 32, 64],
    "l2_kbytes": [0, 128, 256, 512, 1024, 2048],
}
PREDICTORS = ["bimodal", "gshare", "tage"]
MISSES = {"bimodal": 0.085, "gshare": 0.06, "tage": 0.032}
BITS = {"bimodal": 8.0, "gshare": 16.0, "tage": 64.0}


def designs(seed: int = 0, rows: int = ROWS) -> Columns:
    """Distinct designs: one array ``[rows]`` a column."""
    rng = np.random.default_rng(seed)
    found: dict[bytes, npt.NDArray[np.int64]] = {}
    while len(found) < rows:
        size = rng.random()
        places = []
        for values in SIZES.values():
            middle = size * (len(values) - 1) + rng.normal(0.0, 0.22 * len(values))
            places.append(int(np.clip(round(middle), 0, len(values) - 1)))
        row = np.array([*places, int(rng.integers(len(PREDICTORS)))])
        found.setdefault(row.tobytes(), row)
    codes = np.array(list(found.values()))
    columns: Columns = {
        name: np.array(values)[codes[:, k]] for k, (name, values) in enumerate(SIZES.items())
    }
    columns["predictor"] = np.array(PREDICTORS)[codes[:, -1]]
    return columns


def figures(columns: Columns, seed: int = 0) -> dict[str, Values]:
    """Instructions per cycle, milliwatts, square micrometres and megahertz ``[rows]``."""
    c = {n: v.astype(np.float64) for n, v in columns.items() if n in SIZES}
    wrong = np.array([MISSES[name] for name in columns["predictor"]])
    table_bits = np.array([BITS[name] for name in columns["predictor"]])
    front = np.minimum(c["fetch_bytes"] / 4.5, c["fetch_buffer"] / 5.0)
    window = np.minimum(c["reorder_buffer"], 1.3 * (c["int_registers"] - 30.0))
    window = np.minimum(window, 0.9 * (c["fp_registers"] - 24.0) + 24.0)
    window = np.minimum(window, 3.2 * c["load_queue"] + 2.0 * c["store_queue"])
    limits = [
        c["decode_width"],
        front,
        0.42 * np.sqrt(window),
        1.35 * c["int_issue"],
        2.6 * c["mem_issue"],
        0.33 * c["branch_tags"] + 0.4,
    ]
    ideal = sum(limit**-4.0 for limit in limits) ** -0.25
    data_misses = 0.055 * (c["dcache_kbytes"] * (1 - 0.4 / c["dcache_ways"]) / 4) ** -0.55
    code_misses = 0.03 * (c["icache_kbytes"] / 4) ** -0.7
    far = 90.0 - 70.0 * (c["l2_kbytes"] > 0) * (1.0 - np.exp(-c["l2_kbytes"] / 500.0))
    overlap = 1.0 / (1.0 + 0.5 * np.log2(c["miss_registers"]) * (window / 60.0))
    stalls = 0.3 * data_misses * far * overlap + code_misses * 0.25 * far
    stalls += 0.18 * wrong * (9.0 + 0.5 * c["decode_width"]) + 0.12 / np.sqrt(c["tlb_entries"])
    ipc = 1.0 / (1.0 / ideal + stalls)

    ports = c["int_issue"] * 3 + c["mem_issue"] * 2
    area = 9e4 * c["decode_width"] ** 1.5 + 5.5 * c["int_registers"] * ports**2 * 4
    area += 40.0 * c["fp_registers"] * (3 + 3 * c["fp_issue"]) ** 2 + 1.1e5 * c["fp_issue"]
    area += 900.0 * c["reorder_buffer"] * c["decode_width"] ** 0.8
    area += 3e3 * (c["load_queue"] + c["store_queue"]) * c["mem_issue"] ** 1.5
    area += 6.5e3 * (c["icache_kbytes"] + c["dcache_kbytes"] * (1 + 0.06 * c["dcache_ways"]))
    area += 1.4e3 * c["l2_kbytes"] + 1.5e3 * table_bits + 1.2e3 * c["tlb_entries"]
    area += 700.0 * c["fetch_buffer"] + 8e3 * c["miss_registers"] + 1.5e3 * c["branch_tags"]
    mhz = 2600.0 / (1.0 + 0.05 * c["decode_width"] + 0.012 * ports + 0.0016 * c["reorder_buffer"])
    mhz /= 1.0 + 0.03 * np.log2(c["dcache_kbytes"])
    mw = area * 3e-5 + 14.0 * ipc * c["decode_width"] ** 0.5 + 2.2e-5 * area * ipc
    mw += 0.015 * c["l2_kbytes"] + 3.0 * c["dcache_ways"] ** 0.5
    rng = np.random.default_rng([seed, 1])
    exact = {"ipc": ipc, "power_mw": mw, "area_um2": area, "frequency_mhz": mhz}
    return {n: v * np.exp(SCATTER * rng.normal(size=len(v))) for n, v in exact.items()}
