"""Objectives by name, and what layers are mapped for when there are several."""

from __future__ import annotations

from typing import Any

import pytest

from bohwsw.codesign.figures import mapped_for, read_objectives
from bohwsw.errors import SpecError


def test_objectives_are_a_text_or_a_list() -> None:
    assert read_objectives("edp") == ("edp",)
    assert read_objectives("energy, latency,area") == ("energy", "latency", "area")
    assert read_objectives(["area", "edp"]) == ("area", "edp")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("enrgy", "nearest:  energy"),
        ("edp,", "unknown objective"),
        ("", "unknown objective"),
        ("edp,edp", "distinct"),
        ([], "distinct"),
        ([3], "unknown objective"),
        (3, "not objectives"),
    ],
)
def test_what_is_no_objective_is_refused(given: Any, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        read_objectives(given)


@pytest.mark.parametrize(
    ("objectives", "expected"),
    [
        ("edp", "edp"),
        ("energy", "energy"),
        ("latency", "latency"),
        ("area", "edp"),
        ("energy,area", "energy"),
        ("area,latency", "latency"),
        ("energy,latency", "edp"),
        ("edp,energy", "edp"),
        ("energy,latency,area", "edp"),
    ],
)
def test_layers_are_mapped_for_one_figure(objectives: str, expected: str) -> None:
    assert mapped_for(read_objectives(objectives)) == expected
