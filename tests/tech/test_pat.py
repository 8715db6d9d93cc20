"""timeloop-pat gives the energies that Timeloop itself printed."""

import pytest

from bohwsw.errors import SpecError
from bohwsw.tech.pat import TimeloopPat, sram_energy_pj
from bohwsw.tech.technology import StorageShape

# Energies per vector access inlined in reference cases that Timeloop 3.0.3 evaluated with its
# public model; architectures eyeriss168_pat, shared256_pat and shared32x8_ho. Six decimals kept.
TIMELOOP_303 = [
    ("DRAM, block 4", StorageShape("dram", None, 16, 4), 800.0),
    ("DRAM, block 2", StorageShape("dram", None, 16, 2), 400.0),
    ("GLB 128 KB, block 4", StorageShape("sram", 65536, 16, 4), 29.628141),
    ("GLB 64 KB, block 2", StorageShape("sram", 32768, 16, 2), 8.38191),
    ("InputSpad", StorageShape("regfile", 12, 16), 0.976052),
    ("WeightSpad", StorageShape("regfile", 192, 16), 0.993719),
    ("OutputSpad", StorageShape("regfile", 16, 16), 0.976445),
    ("LocalBuf 256", StorageShape("sram", 256, 16), 1.0),
    ("LocalBuf 128", StorageShape("sram", 128, 16), 0.987437),
]


@pytest.mark.parametrize(
    ("shape", "energy_pj"), [case[1:] for case in TIMELOOP_303], ids=[c[0] for c in TIMELOOP_303]
)
def test_storage_energy_is_timeloops(shape: StorageShape, energy_pj: float) -> None:
    cost = TimeloopPat().storage(shape)
    assert cost.read_pj == pytest.approx(energy_pj, abs=6e-7)
    assert cost.fill_pj == cost.update_pj == cost.read_pj
    assert cost.area_mm2 is None


def test_the_published_line_goes_through_its_two_points() -> None:
    assert sram_energy_pj(256, 16) == pytest.approx(1.0, rel=1e-15)
    assert sram_energy_pj(100 * 1024 // 2, 16) == pytest.approx(6.0, rel=1e-15)


def test_a_part_filled_last_row_counts_whole() -> None:
    pat = TimeloopPat()
    assert pat.storage(StorageShape("sram", 1021, 16, 4)) == pat.storage(
        StorageShape("sram", 1024, 16, 4)
    )


def test_clustered_instances_share_the_energy_of_one_wide_array() -> None:
    # Two instances of 256 words side by side: 256 rows of 32 bits, 1 KiB.
    clustered = TimeloopPat().storage(StorageShape("sram", 256, 16, cluster_size=2))
    assert clustered.read_pj == pytest.approx(sram_energy_pj(256, 32) / 2)
    assert clustered.read_pj == pytest.approx(1 + 5 / 99.5 * 0.5)


def test_a_mac_scales_with_both_operands_and_wires_are_free() -> None:
    pat = TimeloopPat()
    assert [pat.mac(bits).energy_pj for bits in (8, 16, 32)] == [0.25, 1.0, 4.0]
    assert pat.mac(16).area_mm2 is None
    assert pat.hop_energy_pj(16) == 0.0


@pytest.mark.parametrize("bits", [0, -8, 8.5, float("nan"), True])
def test_a_bad_width_is_refused(bits: int) -> None:
    with pytest.raises(SpecError):
        TimeloopPat().mac(bits)
    with pytest.raises(SpecError):
        TimeloopPat().hop_energy_pj(bits)
