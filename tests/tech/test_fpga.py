"""FPGA resources: logged cases, formulas on paper, boards, what is refused."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bohwsw.errors import SpecError
from bohwsw.tech import (
    Board,
    ConvolutionEngine,
    FixedPoint,
    FpgaUsage,
    MatrixVectorUnit,
    TiledEngine,
    TiledLayer,
    best_partition,
    board_names,
    finn_r_usage,
    groups_usage,
    hotnas2020_run,
    hotnas2020_usage,
    load_board,
    lu2019_usage,
)

LOGGED = json.loads(
    (Path(__file__).parents[1] / "data/fpga/lu2019_logged.json").read_text(encoding="utf-8")
)


def engine_of(row: dict[str, Any]) -> ConvolutionEngine:
    bits = [FixedPoint(row[f"B{x}i"], row[f"B{x}f"]) for x in "iow"]
    sizes = [row[key] for key in ("N", "M", "R", "C", "Kh", "Kw")]
    return ConvolutionEngine(*sizes, *bits, row["Tn"], row["Tm"])


def test_lu2019_as_published_gives_what_the_authors_logged() -> None:
    layers = 0
    for network in LOGGED["networks"]:
        rows = iter(network["layers"])
        groups = []
        for size in network["groups"]:
            group = []
            for row in itertools.islice(rows, size):
                usage = lu2019_usage(engine_of(row), as_published=True)
                assert (usage.luts, usage.cycles) == (row["luts"], row["cycles"])
                group.append(usage)
                layers += 1
            groups.append(group)
        total = groups_usage(groups)
        assert total.luts == network["luts"]
        assert LOGGED["clock_hz"] / total.cycles == pytest.approx(network["images_per_s"])
    assert layers == 36


def test_lu2019_corrected_by_hand() -> None:
    """2 x 3 multipliers of 3 by 4 bits, 21 LUTs as 4 by 3; sums of 7 bits, adder and truncator.

    Tree: one adder of 7 bits. Integer bits 1 + 2 grow to 4, fraction bits 2 + 2 = 4: an adder of
    4 + 4, then 4 to 5 bits, cut by 4 and 2: 3 + 2 + 2 - 1 - 2 = 4. All that for each of 3 outputs.
    """
    engine = ConvolutionEngine(
        4, 6, 5, 7, 3, 1, FixedPoint(1, 2), FixedPoint(1, 2), FixedPoint(2, 2), 2, 3
    )
    usage = lu2019_usage(engine)
    swapped = replace(engine, activation=FixedPoint(2, 2), weight=FixedPoint(1, 2))
    multiplier = 6 * 21
    assert usage.luts - 3 * (7 + 8 + 4) == lu2019_usage(swapped).luts - 3 * (7 + 8 + 4)
    assert usage.luts == multiplier + 3 * (7 + 8 + 4)
    assert usage.cycles == 2 * 2 * 5 * 7 * 3 * 1
    published = lu2019_usage(engine, as_published=True)
    assert published.cycles == 2 * 2 * 4 * 7 * 3
    # No integer bits, no multiplier: tree 7, adder 3 + 5, truncator 3.
    free = lu2019_usage(replace(engine, activation=FixedPoint(0, 3)), as_published=True)
    assert free.luts == 3 * (7 + 8 + 3)


def test_partitions_equal_brute_force() -> None:
    """All ways to cut three layers, all tiles."""
    bits = FixedPoint(1, 2), FixedPoint(1, 2), FixedPoint(1, 1)
    shapes = ((2, 3, 6), (3, 4, 3), (4, 2, 3))
    layers = [ConvolutionEngine(n, m, size, size, 3, 3, *bits, 1, 1) for n, m, size in shapes]
    tiled = [
        [
            lu2019_usage(replace(layer, tn=tn, tm=tm))
            for tn in range(1, layer.inputs + 1)
            for tm in range(1, layer.outputs + 1)
        ]
        for layer in layers
    ]
    cuts = [[[0, 1, 2]], [[0], [1, 2]], [[0, 1], [2]], [[0], [1], [2]]]
    every = [
        groups_usage([[choice[index] for index in group] for group in cut])
        for choice in itertools.product(*tiled)
        for cut in cuts
    ]
    sizes = set()
    for most in (90, 130, 200, 300, 600, 2000):
        least = min((x.cycles, x.luts) for x in every if x.luts <= most)
        found = best_partition(layers, most)
        assert (found.cycles, found.luts) == least
        again = groups_usage([[lu2019_usage(engine) for engine in g] for g in found.groups])
        assert (again.cycles, again.luts) == least
        sizes.add(len(found.groups))
    assert len(sizes) > 1
    with pytest.raises(SpecError, match="more look-up tables than there are"):
        best_partition(layers, 10)


def test_finn_r_by_hand() -> None:
    """4 x 2 lanes, 8 x 16 matrix, 2 x 4 bits: see the formulas in the module."""
    unit = MatrixVectorUnit(4, 2, 8, 16, 2, 4, vectors=10, signed=False)
    # a = 3 + 6 - 1 = 8: sums need ceil(8 + log2(1 + 2^-8) + 1) = 10 bits.
    assert unit.sum_bits == 10
    usage = finn_r_usage(unit)
    assert usage.luts == pytest.approx(300 + 1.1 * 4 * (2 * 1 * 6 + 6 * 3 + 10))
    # A memory of 16 bits x 16 words.
    assert (usage.dsps, usage.bram18, usage.urams, usage.cycles) == (0, 1, 0, 160)
    changed = finn_r_usage(replace(unit, weights="luts", thresholds=16, output_bits=2))
    extra = 4 * 2 * 2 * 1 + 1.1 * 4 * (3 * 10 * 1 + 3 * 10)
    assert changed.luts - usage.luts == pytest.approx(extra)
    for multipliers, dsps in (("dsp_hls", 8), ("dsp48", 2), ("dsp58", 4)):
        found = finn_r_usage(replace(unit, multipliers=multipliers))  # type: ignore[arg-type]
        assert found.dsps == dsps
        assert found.luts == pytest.approx(300 + 1.1 * 4 * (18 + 10))
    assert finn_r_usage(replace(unit, accumulator_bits=8)).luts < usage.luts


@pytest.mark.parametrize(
    ("columns", "rows", "pe", "simd", "bits", "bram18", "urams"),
    [
        (2**10, 2**5, 1, 1, 1, 2, 8),
        (2**9, 2**5, 1, 1, 2, 2, 4),
        (2**9, 2**5, 1, 1, 4, 4, 4),
        (2**9, 2**5, 1, 1, 8, 8, 4),
        (2**9, 2**5, 1, 2, 8, 8, 2),
        (2**9, 2**5, 2, 2, 16, 16, 1),
        (2**7, 2**4, 2, 2, 16, 2, 1),
    ],
)
def test_finn_r_memories(
    columns: int, rows: int, pe: int, simd: int, bits: int, bram18: int, urams: int
) -> None:
    unit = MatrixVectorUnit(pe, simd, columns, rows, bits, 8)
    assert finn_r_usage(unit).bram18 == bram18
    assert finn_r_usage(replace(unit, weights="uram")).urams == urams


ENGINE = TiledEngine(tm=8, tn=4, tr=14, tc=14, tk=3, weight_port=4, input_port=4, output_port=2)
LAYER = TiledLayer(outputs=16, inputs=8, rows=28, columns=28, kernel=3)


@pytest.mark.parametrize(
    ("layer", "engine", "cycles", "binds"),
    [
        # A tile: weights 8*4*9/4 = 72, inputs 4*196/4 = 196, compute 9*196, store 8*196/2 = 784.
        (LAYER, ENGINE, 2 * 2 * 2 * 2 * 9 * 196, "compute"),
        (replace(LAYER, kept_weights=1, inputs=4), ENGINE, 8 * 784, "store"),
        (replace(LAYER, kept_weights=1), replace(ENGINE, input_port=1), 16 * 784, "load_inputs"),
        (
            replace(LAYER, rows=2, columns=2, weight_bits=32),
            ENGINE,
            2 * 2 * 8 * 4 * 9 / 2,
            "load_weights",
        ),
        (replace(LAYER, rows=2, columns=2, weight_bits=8), ENGINE, 2 * 2 * 36, "load_weights"),
        (replace(LAYER, stride=2), ENGINE, 16 * 9 * 49, "compute"),
        (
            replace(LAYER, kernel=1, inputs=16, outputs=16, batch=3),
            replace(ENGINE, depthwise=True, output_port=8),
            3 * 8 * 8 * 196 / 4,
            "load_inputs",
        ),
    ],
)
def test_hotnas2020_says_what_binds(
    layer: TiledLayer, engine: TiledEngine, cycles: float, binds: str
) -> None:
    found = hotnas2020_run(layer, engine)
    assert (found.cycles, found.binds) == (cycles, binds)
    assert max(found.steps.values()) == found.cycles


def test_hotnas2020_resources() -> None:
    usage = hotnas2020_usage(ENGINE)
    assert (usage.dsps, usage.port_bits) == (32, 16 * 10)
    assert usage.bram18 == 2 * (4 + 8) * 1 + 8 * 4 * 1
    wide = hotnas2020_usage(replace(ENGINE, bits=32, tr=28, tc=28))
    assert (wide.dsps, wide.port_bits) == (160, 320)
    assert wide.bram18 == 2 * (4 + 8) * 2 + 8 * 4 * 2
    depthwise = hotnas2020_usage(replace(ENGINE, depthwise=True))
    assert (depthwise.dsps, depthwise.bram18) == (8, 2 * 16 + 8)


def test_boards_say_what_is_too_much(tmp_path: Path) -> None:
    assert {"pynq-z1", "zcu102"} <= set(board_names())
    for name in board_names():
        board = load_board(name)
        assert (board.name, bool(board.source)) == (name, True)
    zcu102 = load_board("zcu102")
    assert (zcu102.dsps, zcu102.bram18, zcu102.port_bits) == (2520, 1824, 512)
    usage = FpgaUsage(luts=100, dsps=5040, bram18=1000, port_bits=512, cycles=1e5)
    (excess,) = zcu102.excesses(usage)
    assert (excess.resource, excess.ratio) == ("dsps", 2.0)
    assert zcu102.images_per_s(usage) == 1000
    assert [x.resource for x in zcu102.excesses(usage, 0.5)] == ["dsps", "bram18", "port_bits"]
    bare = Board(name="bare", luts=1000, dsps=0, bram18=100)
    assert [str(x) for x in bare.excesses(replace(usage, bram18=0))] == [
        "dsps: 5,040 on a board that has none"
    ]
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\nluts: 5\ndsps: -1\nbram18: 2\n")
    with pytest.raises(SpecError) as caught:
        load_board(file)
    assert (caught.value.file, caught.value.key_path) == (str(file), "dsps")
    with pytest.raises(SpecError) as caught:
        load_board("zcu-102")
    assert caught.value.nearest == "zcu102"


@pytest.mark.parametrize(
    ("make", "key_path"),
    [
        (lambda: MatrixVectorUnit(3, 2, 8, 16, 2, 4), "pe"),
        (lambda: MatrixVectorUnit(4, 3, 8, 16, 2, 4), "simd"),
        (lambda: MatrixVectorUnit(4, 2, 8, 16, 2, 4, multipliers="dsp"), None),  # type: ignore[arg-type]
        (lambda: replace(ENGINE, bits=8), "bits"),
        (lambda: replace(ENGINE, tm=0), "tm"),
        (lambda: replace(LAYER, kept_weights=10), "kept_weights"),
        (lambda: hotnas2020_run(replace(LAYER, kernel=5), ENGINE), "kernel"),
        (
            lambda: hotnas2020_run(replace(LAYER, weight_bits=17), replace(ENGINE, weight_port=1)),
            "weight_bits",
        ),
        (lambda: engine_of({**LOGGED["networks"][0]["layers"][0], "Tn": 4}), "tn"),
        (lambda: FixedPoint(-1, 2), "integer"),
        (lambda: groups_usage([]), None),
    ],
)
def test_what_is_refused(make: Any, key_path: str | None) -> None:
    with pytest.raises(SpecError) as caught:
        make()
    assert caught.value.key_path == key_path


def test_operands_without_bits_are_refused_unless_published() -> None:
    row = {**LOGGED["networks"][0]["layers"][0], "Bwi": 0, "Bwf": 0}
    with pytest.raises(SpecError, match="no multiplier of these bits"):
        lu2019_usage(engine_of(row))
