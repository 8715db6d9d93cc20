"""eyeriss-65nm is exact at Accelergy's five storages and its MAC."""

import pytest

from bohwsw.errors import SpecError
from bohwsw.tech.eyeriss65 import Eyeriss65
from bohwsw.tech.sram_table import sram_figures
from bohwsw.tech.technology import StorageShape

# Accelergy, eyeriss_like reference output (timeloop-accelergy-exercises, commit 2d55108), with
# words of 8 bits but for the partial sums.
ACCELERGY_65NM = [
    ("DRAM", StorageShape("dram", None, 8, 8), 512.0, 512.0),
    ("shared_glb", StorageShape("sram", 131072, 8, 8), 18.183829, 14.137929),
    ("ifmap_spad", StorageShape("regfile", 24, 8, 2), 0.202442, 0.176713),
    ("weights_spad", StorageShape("regfile", 384, 8, 2), 1.976602, 1.881657),
    ("psum_spad", StorageShape("regfile", 16, 16), 0.2513, 0.2191),
]


@pytest.mark.parametrize(
    ("shape", "read_pj", "write_pj"),
    [case[1:] for case in ACCELERGY_65NM],
    ids=[case[0] for case in ACCELERGY_65NM],
)
def test_the_table_is_met(shape: StorageShape, read_pj: float, write_pj: float) -> None:
    cost = Eyeriss65().storage(shape)
    assert cost.read_pj == pytest.approx(read_pj, rel=1e-12)
    assert cost.fill_pj == pytest.approx(write_pj, rel=1e-12)
    assert cost.update_pj == cost.fill_pj
    assert cost.area_mm2 is None


def test_between_the_scratchpads_lies_a_power_law() -> None:
    # Halfway in log capacity between 16 and 192 words: sqrt(16 * 192) = 55.4 words.
    cost = Eyeriss65().storage(StorageShape("regfile", 55, 16))
    assert cost.read_pj == pytest.approx((0.2513 * 1.976602) ** 0.5, rel=0.01)


def test_above_the_global_buffer_it_grows_like_cacti() -> None:
    larger = Eyeriss65().storage(StorageShape("sram", 1048576, 8, 8))
    ratio = sram_figures(65, 131072, 64).read_pj / sram_figures(65, 16384, 64).read_pj
    assert larger.read_pj == pytest.approx(18.183829 * ratio, rel=1e-12)


def test_energy_is_proportional_to_the_width_of_the_access() -> None:
    technology = Eyeriss65()
    narrow = technology.storage(StorageShape("sram", 65536, 16, 1))
    wide = technology.storage(StorageShape("sram", 65536, 16, 8))
    assert wide.read_pj == pytest.approx(8 * narrow.read_pj)


def test_clustered_instances_pay_for_the_capacity_they_share() -> None:
    technology = Eyeriss65()
    clustered = technology.storage(StorageShape("sram", 1024, 16, cluster_size=4))
    alone = technology.storage(StorageShape("sram", 4096, 16))
    assert clustered.read_pj == pytest.approx(alone.read_pj)


def test_mac_and_wires() -> None:
    technology = Eyeriss65()
    assert technology.mac(8).energy_pj == 0.207692
    assert technology.mac(16).energy_pj == pytest.approx(4 * 0.207692)
    assert technology.mac(8).area_mm2 is None
    assert technology.hop_energy_pj(16) == 0.0
    for bits in (0, -8, 8.5):
        with pytest.raises(SpecError):
            technology.mac(bits)  # type: ignore[arg-type]
        with pytest.raises(SpecError):
            technology.hop_energy_pj(bits)  # type: ignore[arg-type]
