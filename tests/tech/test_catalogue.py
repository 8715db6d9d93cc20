"""Technologies are found by name and users can add theirs."""

from dataclasses import dataclass

import pytest

from bohwsw.errors import SpecError
from bohwsw.tech import catalogue
from bohwsw.tech.cacti import Cacti
from bohwsw.tech.catalogue import Combined, register_technology, technology, technology_names
from bohwsw.tech.technology import MacCost, StorageCost, StorageShape


@dataclass(frozen=True)
class Flat:
    """A user's technology: everything costs the same."""

    name: str = "flat"
    source: str = "a test"
    energy_pj: float = 2.0

    def storage(self, shape: StorageShape) -> StorageCost:
        return StorageCost(self.energy_pj, self.energy_pj, self.energy_pj, 0.1)

    def mac(self, word_bits: int) -> MacCost:
        return MacCost(self.energy_pj, 0.01)

    def hop_energy_pj(self, word_bits: int) -> float:
        return self.energy_pj


@pytest.fixture(autouse=True)
def _catalogue_as_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "_REGISTERED", dict(catalogue._REGISTERED))


def test_every_built_in_is_found_under_its_own_name() -> None:
    assert technology_names() == [
        "timeloop-pat",
        "eyeriss-65nm",
        "cacti-65nm",
        "cacti-45nm",
        "cacti-32nm",
        "cacti-22nm",
    ]
    for name in technology_names():
        assert technology(name).name == name
        assert technology(name).source


def test_nodes_between_the_tabled_ones_are_found_too() -> None:
    assert technology("cacti-28nm") == Cacti(28)
    assert technology("cacti-28nm").name == "cacti-28nm"


@pytest.mark.parametrize("name", ["cacti-7nm", "cacti-90nm", "cacti-0nm"])
def test_a_node_outside_the_table_is_refused(name: str) -> None:
    with pytest.raises(SpecError, match="22 to 65 nm"):
        technology(name)


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(SpecError) as caught:
        technology("timeloop-pad")
    assert caught.value.nearest == "timeloop-pat"


@pytest.mark.parametrize("name", [None, 45, float("nan"), [], {}, "", "cacti-45", "cacti--45nm"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(SpecError, match="unknown technology"):
        technology(name)


def test_a_users_technology_is_found_and_combines() -> None:
    register_technology(Flat())
    assert "flat" in technology_names()
    found = technology("flat")
    assert found.storage(StorageShape("sram", 64, 16)).read_pj == 2.0
    both = Combined(energy=found, area=technology("cacti-45nm"))
    assert both.hop_energy_pj(16) == 2.0


def test_a_name_is_not_taken_twice_unless_asked() -> None:
    register_technology(Flat())
    with pytest.raises(SpecError, match="exists"):
        register_technology(Flat(energy_pj=3.0))
    register_technology(Flat(energy_pj=3.0), replace=True)
    assert technology("flat").mac(8).energy_pj == 3.0


def test_what_is_no_technology_is_refused() -> None:
    with pytest.raises(SpecError, match="not a technology"):
        register_technology(object())  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="name"):
        register_technology(Flat(name=" "))


def test_a_users_nan_is_refused_where_it_arises() -> None:
    register_technology(Flat(energy_pj=float("nan")))
    with pytest.raises(SpecError, match="read_pj"):
        technology("flat").storage(StorageShape("sram", 64, 16))
