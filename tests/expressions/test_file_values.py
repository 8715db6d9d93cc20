"""Values of files that may be expressions."""

from __future__ import annotations

from typing import Any

import pytest

from bohwsw.errors import SpecError
from bohwsw.expressions import truth_of, value_of, whole_number


@pytest.mark.parametrize(
    ("amount", "size"),
    [
        (7, 7),
        (8.0, 8),
        ("65536 / n", 16384),
        ("n", 4),
        ("10 // n", 2),
        ("max(n, 6) - min(n, 6)", 2),
        ("ceil(n / 3) + floor(n / 3) + abs(-n)", 7),
        ("log2(n)", 2),
        ("2 * (flow == 'a') + 3 * (flow == 'b')", 3),
        ("1 + on", 2),
    ],
)
def test_amounts_that_are_sizes(amount: Any, size: int) -> None:
    found = whole_number(amount, {"n": 4, "flow": "b", "on": True}, "entries")
    assert found == size
    assert type(found) is int


@pytest.mark.parametrize(
    "amount",
    [0, -3, 2.5, 2**41, 1e300, "10 / n", "n - 4", "-n", "flow", "on", "n == 4", "2.5", "'b'"],
)
def test_amounts_that_are_no_sizes(amount: Any) -> None:
    with pytest.raises(SpecError) as caught:
        whole_number(amount, {"n": 4, "flow": "b", "on": True}, "entries")
    assert caught.value.key_path == "entries"
    assert repr(amount) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 / (n - 4)", "division by zero"),
        ("1 % (n - 4)", "has no value"),
        ("log2(n - 4)", "has no value"),
        ("1e308 * 10 * n", "overflow"),
        ("n + flow", "cannot be mixed"),
        ("m * 2", "unknown name"),
        ("n ** 9", "not allowed"),
        ("n.real", "not allowed"),
        ("__import__('os')", "function"),
        ("-" * 100 + "n", "nested too deep"),
        ("n +" * 1000 + "n", "too long"),
        ("", "empty"),
    ],
)
def test_expressions_that_fail(text: str, reason: str) -> None:
    with pytest.raises(SpecError, match=reason) as caught:
        value_of(text, {"n": 4, "flow": "b"}, "entries")
    assert caught.value.key_path == "entries"


def test_conditions() -> None:
    values = {"n": 4, "on": True}
    assert truth_of(True, values, "whole.R")
    assert truth_of("on and n > 3", values, "whole.R")
    assert not truth_of("not on", values, "whole.R")
    with pytest.raises(SpecError, match="not a condition") as caught:
        truth_of("n", values, "whole.R")
    assert caught.value.key_path == "whole.R"
