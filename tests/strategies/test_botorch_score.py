"""Models and acquisitions of BoTorch drive our pool, constraints, pending points, fidelities."""

from functools import partial
from importlib.util import find_spec

import numpy as np
import pytest
from botorch.acquisition.analytic import LogConstrainedExpectedImprovement, LogExpectedImprovement
from botorch.acquisition.joint_entropy_search import qJointEntropySearch
from botorch.acquisition.knowledge_gradient import (
    qKnowledgeGradient,
    qMultiFidelityKnowledgeGradient,
)
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.acquisition.max_value_entropy_search import qLowerBoundMaxValueEntropy
from botorch.acquisition.monte_carlo import qUpperConfidenceBound
from botorch.acquisition.multi_objective import logei
from botorch.acquisition.multi_objective.hypervolume_knowledge_gradient import (
    qMultiFidelityHypervolumeKnowledgeGradient,
)
from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
from botorch.models import (
    MixedSingleTaskGP,
    MultiTaskGP,
    SingleTaskGP,
    SingleTaskMultiFidelityGP,
)

from bohwsw.errors import MissingExtraError, SpecError
from bohwsw.space import Categorical, Integer, Ordinal, Real, Space
from bohwsw.strategies import BayesianStrategy, Fidelity, Outcome, explain, explain_run
from bohwsw.testing import StrategyConformance

PARAMETERS = [Real("x", 0, 1), Integer("n", 1, 8), Categorical("kind", ["u", "v", "w"])]
KNOWN = ["n + 3 * x <= 8"]


def evaluated(point):
    if point["n"] == 5 and point["kind"] == "w":
        return Outcome("infeasible")
    cost = (point["x"] - 0.4) ** 2 + abs(point["n"] - 3) / 8 + (point["kind"] != "v")
    cost += 0.3 / point.get("epochs", 9)
    return Outcome("completed", cost, metrics={"cost": cost, "area": point["n"] + point["x"]})


def told(n=12, fidelity=False, **options):
    parameters = [*PARAMETERS, Ordinal("epochs", [1, 3, 9])] if fidelity else PARAMETERS
    space = Space(parameters, KNOWN)
    if fidelity:
        options["fidelity"] = Fidelity({"epochs": 9}, "1 + epochs")
    search = BayesianStrategy(space, 0, n_initial=4, pool=60, **options)
    for point in space.sample(n, np.random.default_rng(1)):
        search.tell(point, evaluated(point))
    return search


def asked(search, n=1):
    points = search.ask(n)
    assert not any(search.space.violations(point) for point in points)
    assert len({search.space.key(point) for point in points}) == n
    return points


AREA = {"outcome_constraints": ["area <= 5"]}
TWO = {"objectives": ("cost", "area")}


@pytest.mark.parametrize(
    ("acquisition", "options"),
    [
        (qLogNoisyExpectedImprovement, AREA),
        (qUpperConfidenceBound, {}),
        (LogExpectedImprovement, AREA),
        (LogConstrainedExpectedImprovement, AREA),
        (qLowerBoundMaxValueEntropy, {}),
        (qJointEntropySearch, {}),
        (partial(qKnowledgeGradient, num_fantasies=4), {}),
        (qLogNoisyExpectedHypervolumeImprovement, {**TWO, **AREA}),
    ],
    ids=lambda given: getattr(getattr(given, "func", given), "__name__", ""),
)
def test_any_acquisition_of_our_model(acquisition, options):
    first, again = (
        told(acquisition=acquisition, **options),
        told(acquisition=acquisition, **options),
    )
    assert asked(first, 2) == asked(again, 2)


def test_hypervolumes_wait_for_no_compiler(monkeypatch):
    compiled = []
    monkeypatch.setattr(logei, "_load_attempted", False)
    monkeypatch.setattr("torch.utils.cpp_extension.load", lambda **given: compiled.append(given))
    asked(told(acquisition=qLogNoisyExpectedHypervolumeImprovement, **TWO))
    assert not compiled


@pytest.mark.parametrize("model", [SingleTaskGP, MixedSingleTaskGP])
def test_any_model_with_our_acquisition(model):
    search = told(16, model=model)
    (point,) = asked(search)
    assert point["kind"] == "v"
    assert explain(search, point).objectives["objective"].median < 0.4
    assert explain_run(search).objectives["objective"].n_observations > 10


@pytest.mark.parametrize("model", [SingleTaskMultiFidelityGP, MultiTaskGP])
def test_models_of_fidelities_and_an_acquisition_that_knows_of_none(model):
    search = told(14, fidelity=True, model=model, acquisition=LogExpectedImprovement)
    assert asked(search)[0]["epochs"] in (1, 3, 9)
    assert search.recommended()[0]["epochs"] == 9


@pytest.mark.parametrize(
    ("acquisition", "options"),
    [
        (partial(qMultiFidelityKnowledgeGradient, num_fantasies=2), {}),
        (partial(qMultiFidelityHypervolumeKnowledgeGradient, num_fantasies=2, num_pareto=2), TWO),
    ],
    ids=["one", "two"],
)
def test_knowledge_gradients_over_fidelities(acquisition, options):
    search = told(fidelity=True, model=SingleTaskGP, acquisition=acquisition, **options)
    asked(search)


def test_an_acquisition_is_told_of_pending_points_and_of_valid_designs():
    seen = []

    def remembered(model, X_pending=None, mc_points=None, best_f=None):
        seen.append((X_pending, mc_points, best_f))
        return qUpperConfidenceBound(model, beta=1.0, X_pending=X_pending)

    search = told(acquisition=remembered)
    pending = search.space.encode(asked(search, 2)[:1])
    (none, designs, best), (one, _, _) = seen
    assert none is None
    np.testing.assert_allclose(one.numpy(), pending)
    assert (7 * designs[:, 1] + 1 + 3 * designs[:, 0] <= 8 + 1e-9).all()
    lowest = min(t.outcome.objective for t in search.history if t.is_feasible)
    expected = search.surrogates.posteriors(np.zeros((0, search.space.width)))
    assert float(best) == pytest.approx(-expected.observed.min() / expected.objectives[0]._scale)
    assert lowest == search.best.outcome.objective


def test_columns_codes_and_roles_that_a_model_is_given():
    seen = {}

    def remembered(train_X, train_Y, cat_dims, data_fidelities):
        seen.update(x=train_X, y=train_Y, cat_dims=cat_dims, data_fidelities=data_fidelities)
        return SingleTaskGP(train_X, train_Y)

    search = told(fidelity=True, model=remembered)
    asked(search)
    trials = [t.point for t in search.history if t.is_feasible]
    assert (seen["cat_dims"], seen["data_fidelities"]) == ([2], [3])
    codes = ["uvw".index(point["kind"]) for point in trials]
    np.testing.assert_array_equal(seen["x"][:, 2], codes)
    np.testing.assert_array_equal(seen["x"][:, 3] == 1.0, [p["epochs"] == 9 for p in trials])
    assert float(seen["y"].mean()) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "botorch.models:SingleTaskGQ"}, "cannot be imported"),
        ({"model": 3}, "not a model"),
        ({"acquisition": "nowhere:Any"}, "cannot be imported"),
        ({"acquisition": "log_ej"}, "unknown acquisition"),
        ({"model": SingleTaskMultiFidelityGP}, "has no fidelity"),
        ({"model": MultiTaskGP}, "has no fidelity"),
        ({"acquisition": lambda model, mystery: None}, "needs mystery"),
        ({"acquisition": LogConstrainedExpectedImprovement}, "needs constraints"),
        ({"model": lambda train_X, train_Y: 1 / 0}, "ZeroDivisionError"),
    ],
)
def test_what_cannot_be_used_is_named(options, message):
    with pytest.raises(SpecError, match=message):
        asked(told(**options))


def test_a_fully_bayesian_model_or_what_to_install():
    search = told(
        model="botorch.models.fully_bayesian:SaasFullyBayesianSingleTaskGP",
        acquisition=qLogNoisyExpectedImprovement,
    )
    if find_spec("numpyro") is None:
        with pytest.raises(MissingExtraError, match=r"bohwsw\[fully-bayesian\]"):
            search.ask()
    else:
        asked(search)


class TestBayesianWithBotorch(StrategyConformance):
    name = "bayesian"
    options = {  # noqa: RUF012
        "pool": 20,
        "n_initial": 6,
        "starts": 1,
        "acquisition": "botorch.acquisition.analytic:LogExpectedImprovement",
    }
