"""Which rows stand for all: the lowest are among them, and nothing is drawn twice."""

import numpy as np
import torch

from bohwsw.surrogates.inducing_kernel import farthest_points
from bohwsw.surrogates.inducing_points import (
    BEST_SHARE,
    FIT_ROWS,
    INDUCING,
    inducing_rows,
    labels_to_fit,
    rows_to_fit,
)


def test_few_observations_are_all_used():
    assert rows_to_fit(torch.arange(FIT_ROWS, dtype=torch.float64)) is None
    assert labels_to_fit(np.ones(FIT_ROWS, dtype=bool)) is None


def test_rows_to_fit_hold_the_lowest():
    y = torch.tensor(np.random.default_rng(0).random(700))
    rows = rows_to_fit(y)
    assert len(set(rows.tolist())) == FIT_ROWS
    assert set(torch.argsort(y)[: FIT_ROWS // BEST_SHARE].tolist()) <= set(rows.tolist())


def test_rare_labels_are_kept():
    labels = np.zeros(1000, dtype=bool)
    labels[::50] = True
    rows = labels_to_fit(labels)
    assert len(set(rows.tolist())) == FIT_ROWS
    assert labels[rows.numpy()].sum() == 20


def test_inducing_rows_hold_the_lowest_and_differ():
    rng = np.random.default_rng(0)
    points, y = torch.tensor(rng.random((600, 3))), torch.tensor(rng.random(600))
    rows = inducing_rows(points, y)
    assert len(set(rows.tolist())) == INDUCING
    assert set(torch.argsort(y)[: INDUCING // BEST_SHARE].tolist()) <= set(rows.tolist())


def test_the_farthest_point_is_next_even_among_duplicates():
    points = np.array([[0.0], [0.1], [1.0], [0.6], [0.0]])
    assert farthest_points(points, np.array([0]), 4).tolist() == [0, 2, 3, 1]
    assert sorted(farthest_points(np.zeros((3, 1)), np.array([1]), 3).tolist()) == [0, 1, 2]
