"""What is said of the designs found so far, and where nobody says how."""

from __future__ import annotations

import math

from bohwsw.study import found_text as text
from bohwsw.study import or_in_notebook


def test_the_best_of_one_objective_and_the_front_of_several() -> None:
    assert text([[math.log(300.0)], [math.log(200.0)], [math.log(250.0)]]) == "best 200"
    assert text([[1.0, 5.0], [2.0, 4.0], [2.0, 6.0], [0.5, 9.0]]) == "3 on the front"


def test_what_is_given_is_called_and_nothing_outside_of_notebooks() -> None:
    assert or_in_notebook(None) is None
    assert or_in_notebook(print) is print  # type: ignore[arg-type]


def test_a_study_in_a_notebook_shows_bars(notebook: list[dict[str, str]]) -> None:
    report = or_in_notebook(None)
    assert report is not None
    report("search", 0, 2, None)
    report("search", 2, 2, None)
    report("final", 1, 1, None)
    assert "trying machines: 0 of 2" in notebook[0]["text/plain"]
    assert notebook[-1]["text/html"].count("<progress") == 2
    assert "final mapping: 1 of 1" in notebook[-1]["text/plain"]
