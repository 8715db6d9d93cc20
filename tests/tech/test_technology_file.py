"""Energy of one technology, area of another."""

from bohwsw.tech.cacti import Cacti
from bohwsw.tech.catalogue import Combined
from bohwsw.tech.pat import TimeloopPat
from bohwsw.tech.technology import StorageShape, Technology

BOTH = Combined(energy=TimeloopPat(), area=Cacti(45))


def test_each_figure_comes_from_its_own_model() -> None:
    shape = StorageShape("sram", 65536, 16, 4)
    cost = BOTH.storage(shape)
    assert cost.read_pj == TimeloopPat().storage(shape).read_pj
    assert cost.area_mm2 == Cacti(45).storage(shape).area_mm2
    assert BOTH.mac(16).energy_pj == 1.0
    assert BOTH.mac(16).area_mm2 == Cacti(45).mac(16).area_mm2
    assert BOTH.hop_energy_pj(16) == 0.0


def test_it_is_a_technology_and_says_what_it_is_made_of() -> None:
    assert isinstance(BOTH, Technology)
    assert BOTH.name == "timeloop-pat+cacti-45nm"
    assert "pat.cpp" in BOTH.source
    assert "CACTI" in BOTH.source
