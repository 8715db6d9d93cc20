"""The yardstick classifier learns too."""

import json

import numpy as np
import pytest

from benchmarks.command import run_command
from benchmarks.surrogates import kernels
from benchmarks.surrogates.dirichlet import DirichletClassifier
from bohwsw.errors import SpecError


def test_it_learns_a_border():
    rng = np.random.default_rng(0)
    x, new = rng.integers(0, 8, (80, 4)) / 7, rng.integers(0, 8, (200, 4)) / 7
    probability = DirichletClassifier().fit(x, x[:, 0] + x[:, 1] < 0.9).predict(new)
    inside = new[:, 0] + new[:, 1] < 0.9
    assert ((probability > 0.5) == inside).mean() > 0.9


def test_one_kind_of_label_and_no_fit():
    x = np.full((4, 2), 0.5)
    near, far = DirichletClassifier().fit(x, np.ones(4, bool)).predict(np.array([x[0], [9.0, 9.0]]))
    assert near > 0.8
    assert far == pytest.approx(0.5, abs=0.1)
    with pytest.raises(SpecError, match="not been fitted"):
        DirichletClassifier().predict(x)


def test_kernels_of_categories_are_compared_on_tables(capsys):
    arguments = ["--quick", "--json"]
    assert run_command("surrogates.kernels", "", kernels.run, kernels.markdown, arguments) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    errors = {(row["function"], row["kernel"]): row["error"] for row in rows}
    ours, plain, _, _, told = kernels.KERNELS
    assert errors["latency of cells", ours] < errors["latency of cells", plain]
    assert errors["error of cells", told] < errors["error of cells", ours]
