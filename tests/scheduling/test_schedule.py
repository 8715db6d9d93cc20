"""Schedules: made from the order of the nodes, and refused where they do not fit."""

from __future__ import annotations

import pytest
from two_cores import CHIP, DIAMOND, graph

from bohwsw.errors import SpecError
from bohwsw.scheduling import Schedule, Step, schedule_by_core

CHAIN = graph("chain", "x > y")


def by_letter(network: str, node: str) -> str:
    return "little" if node in "cy" else "big"


def test_steps_follow_the_nodes_of_one_network_after_the_other() -> None:
    schedule = schedule_by_core([DIAMOND, CHAIN], by_letter)
    assert ["/".join(step) for step in schedule.steps] == [
        "diamond/a/big",
        "diamond/b/big",
        "diamond/c/little",
        "diamond/d/big",
        "chain/x/big",
        "chain/y/little",
    ]
    schedule.check([DIAMOND, CHAIN], CHIP)
    every = schedule_by_core([DIAMOND], by_letter, with_operators=True)
    assert [step.node for step in every.steps] == ["a", "b", "c", "sum", "d"]


GOOD = schedule_by_core([DIAMOND], by_letter).steps


@pytest.mark.parametrize(
    ("steps", "key_path", "nearest"),
    [
        ((*GOOD, Step("diamnd", "a", "big")), "steps[4]", "diamond"),
        ((*GOOD, Step("diamond", "summ", "big")), "steps[4]", "sum"),
        ((*GOOD, Step("diamond", "sum", "litle")), "steps[4]", "little"),
        ((*GOOD, Step("diamond", "a", "little")), "steps[4]", None),
        (GOOD[1:], "steps", None),
    ],
)
def test_what_is_refused(steps: tuple[Step, ...], key_path: str, nearest: str | None) -> None:
    with pytest.raises(SpecError) as caught:
        Schedule(steps).check([DIAMOND], CHIP)
    assert (caught.value.key_path, caught.value.nearest) == (key_path, nearest)


def test_networks_have_names_of_their_own() -> None:
    with pytest.raises(SpecError, match="two networks have one name"):
        Schedule(GOOD).check([DIAMOND, DIAMOND], CHIP)
