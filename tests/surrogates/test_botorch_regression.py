"""BoTorch models in the place of ours predict, correlate and learn as ours do."""

import numpy as np
import pytest
import torch

from bohwsw.space import Categorical, Conditional, Integer, Real, Space
from bohwsw.surrogates import GaussianProcess, ModelInputs, as_botorch, botorch_model


@pytest.fixture(scope="module")
def data():
    space = Space([Real("a", 0, 1), Integer("b", 1, 8), Categorical("c", ["u", "v", "w"])])
    rows = space.sample_rows(30, np.random.default_rng(0))
    x = space.encode_rows(rows)
    y = 50.0 + np.sin(3 * x[:, 0]) + x[:, 1] - 2 * (x[:, 3] > 0)
    new = space.encode_rows(space.sample_rows(8, np.random.default_rng(1)))
    return space, x, y, new


@pytest.mark.parametrize("is_constraint", [False, True])
def test_ours_handed_over_has_the_same_posterior(data, is_constraint):
    space, x, y, new = data
    ours = GaussianProcess(space.encoding_groups).fit(x, y)
    theirs = as_botorch(ours, ModelInputs(space, {}), is_constraint=is_constraint)
    for mine, other in zip(ours.predict(new), theirs.predict(new), strict=True):
        np.testing.assert_allclose(other, mine, rtol=1e-4, atol=1e-7)
    pairs = zip(ours.predict_pairs(x[:8], new), theirs.predict_pairs(x[:8], new), strict=True)
    for mine, other in pairs:
        np.testing.assert_allclose(other, mine, rtol=1e-3, atol=1e-7)
    told = [m.with_observations(new[:2], np.array([50.0, 51.0])) for m in (ours, theirs)]
    np.testing.assert_allclose(*(m.predict_mean(new) for m in told), atol=1e-3)
    best = theirs.as_seen(y)
    assert float(best.max() - best.min()) == pytest.approx(np.ptp(y) / y.std())
    assert int(best.argmax()) == int((y if is_constraint else -y).argmax())


def test_covariances_of_pairs_are_those_of_the_whole(data):
    _, x, y, new = data
    ours = GaussianProcess().fit(x, y)
    _, there, here, both = ours.predict_pairs(new[:4], new[4:])
    np.testing.assert_allclose(there, ours.predict(new[4:])[1])
    np.testing.assert_allclose(here, ours.predict(new[:4])[1])
    # Told of one, the variance at the other falls by the square of the covariance.
    told = ours.with_observations(new[:1], np.array([50.0]))
    noise = ours.observation_noise
    expected = there[0] - both[0] ** 2 / (here[0] + noise)
    np.testing.assert_allclose(told.predict(new[4:5])[1], [expected], rtol=1e-3)


def test_a_model_of_theirs_is_fitted_in_units_and_signs_of_ours(data):
    space, x, y, new = data
    model = botorch_model("botorch.models:SingleTaskGP", space)
    expected = GaussianProcess(space.encoding_groups).fit(x, y).predict_mean(new)
    for is_constraint in (False, True):
        found = model.fit(x, y, is_constraint=is_constraint)
        np.testing.assert_allclose(found.predict_mean(new), expected, atol=0.3)
    noisy = model.fit(x, y, np.full(30, 0.01))
    assert noisy.observation_noise == pytest.approx(0.01)


def test_codes_of_categories_where_there_is_none():
    space = Space(
        [
            Categorical("kind", ["u", "v", "w"]),
            Conditional(Categorical("sub", ["a", "b"]), "kind == 'v'"),
        ]
    )
    points = [{"kind": "w", "sub": None}, {"kind": "v", "sub": "b"}, {"kind": "v", "sub": "a"}]
    inputs = ModelInputs(space, {"cat_dims": True})
    assert inputs.names == ["kind", "sub"]
    assert inputs.roles == {"cat_dims": [0, 1]}
    expected = torch.tensor([[2.0, 2.0], [1.0, 1.0], [1.0, 0.0]], dtype=torch.float64)
    assert torch.equal(inputs(space.encode(points)), expected)
