"""Chips: cores and what they share."""

from __future__ import annotations

from typing import Any

import pytest

from bohwsw.arch import Architecture, Chip, MacArray, StorageLevel
from bohwsw.errors import SpecError


def core(name: str, word_bits: int = 16, block_size: int = 4) -> Architecture:
    dram = StorageLevel("DRAM", "dram", word_bits=word_bits, block_size=block_size)
    return Architecture(name, (dram, StorageLevel("Buffer", entries=64)), MacArray())


def test_one_core_is_a_chip_that_shares_nothing() -> None:
    assert Chip("eyeriss", (core("eyeriss"),)).dram_bits_per_cycle is None


def test_a_bandwidth_is_kept_as_a_float() -> None:
    chip = Chip("two", (core("big"), core("little")), 64)
    assert (chip.dram_bits_per_cycle, type(chip.dram_bits_per_cycle)) == (64.0, float)


@pytest.mark.parametrize(
    ("cores", "bandwidth", "key_path"),
    [
        ((), None, "cores"),
        ((core("a"), core("b"), core("a")), None, "cores[2].name"),
        ((core("a"), core("b", word_bits=8)), None, "cores[1].levels[0]"),
        ((core("a"), core("b", block_size=1)), None, "cores[1].levels[0]"),
        ((core("a"),), 0, "dram_bits_per_cycle"),
        ((core("a"),), float("inf"), "dram_bits_per_cycle"),
        ((core("a"),), True, "dram_bits_per_cycle"),
        ((core("a"),), "64", "dram_bits_per_cycle"),
    ],
)
def test_what_is_refused(cores: tuple[Architecture, ...], bandwidth: Any, key_path: str) -> None:
    with pytest.raises(SpecError) as caught:
        Chip("chip", cores, bandwidth)
    assert caught.value.key_path == key_path
