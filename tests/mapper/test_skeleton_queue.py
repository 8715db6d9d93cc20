"""Skeletons that wait: order, memory of enumerations, and the bound over all."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bohwsw.mapper import skeleton_queue
from bohwsw.mapper.skeleton_pool import ROW, Skeletons
from bohwsw.mapper.skeleton_queue import Candidate, SkeletonQueue


def queue_of(*bounds: float, left_out: float = math.inf) -> SkeletonQueue:
    rows = np.zeros(len(bounds), dtype=ROW)
    rows["bound"] = bounds
    return SkeletonQueue(Skeletons(np.ones((1, 1, 2, 8), dtype=np.int64), rows, left_out))


def popped(queue: SkeletonQueue) -> Candidate:
    candidate = queue.pop(math.inf)
    assert candidate is not None
    return candidate


def test_smallest_bound_first() -> None:
    queue = queue_of(1.0, 3.0)
    first = popped(queue)
    first.bound = 4.0
    queue.put_back(first, best=10.0)
    assert queue.bound == queue.peek() == 3.0
    assert [popped(queue).bound for _ in range(2)] == [3.0, 4.0]
    assert queue.pop(math.inf) is None


def test_what_cannot_be_better_stays_where_it_is() -> None:
    queue = queue_of(5.0)
    assert queue.pop(5.0) is None
    assert queue.bound == 5.0


def test_what_is_left_out_or_closed_keeps_its_bound() -> None:
    queue = queue_of(1.0, 2.0, 3.0, left_out=6.0)
    assert queue_of(left_out=6.0).bound == 6.0
    queue.leave_out(popped(queue))
    closed = popped(queue)
    closed.closed = True
    queue.put_back(closed, best=10.0)
    assert (queue.left_out, queue.settled, queue.peek(), queue.bound) == (1.0, 2.0, 3.0, 1.0)


def test_enumerations_wait_for_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skeleton_queue, "MOST_WALK_BYTES", 10)
    queue = queue_of(1.0, 2.0)
    first, second = popped(queue), popped(queue)
    assert queue.reserve(first, 6)
    assert queue.reserve(first, 6)  # what it has already
    assert not queue.reserve(second, 6)
    assert queue.peek() == math.inf
    assert queue.bound == 2.0
    first.closed, first.bound = True, math.inf
    queue.put_back(first, best=10.0)
    assert popped(queue) is second
    assert queue.reserve(second, 6)


def test_hopeless_enumerations_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skeleton_queue, "MOST_WALK_BYTES", 10)
    queue = queue_of(2.0, 5.0)
    second, first = popped(queue), popped(queue)
    assert queue.reserve(first, 6)
    assert not queue.reserve(second, 6)
    queue.put_back(first, best=10.0)
    queue.give_way(10.0)
    assert queue.peek() == 5.0
    queue.give_way(4.0)
    assert queue.peek() == 2.0
    assert queue.reserve(popped(queue), 6)
