"""When a search has to end."""

from __future__ import annotations

import math

import pytest

from bohwsw.clock import NO_LIMIT, Clock


def test_no_time_is_over_at_once() -> None:
    clock = Clock.of(0.0)
    assert clock.over
    assert clock.left == 0.0
    assert clock.share(0.5).over


def test_a_share_ends_earlier() -> None:
    clock = Clock.of(100.0)
    assert not clock.over
    assert clock.left == pytest.approx(100.0, abs=5.0)
    assert clock.share(0.25).left == pytest.approx(25.0, abs=5.0)


def test_without_a_limit_it_never_ends() -> None:
    for clock in (NO_LIMIT, NO_LIMIT.share(0.1), Clock.of(math.inf)):
        assert not clock.over
        assert clock.left == math.inf
