"""A BoTorch model in the place of our Gaussian process: fitted to encoded points, predicting there.

BoTorch maximises and we minimise, so what is to be minimised has its sign changed. What a model is
given is standardised; a constraint's violations keep their zero.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bohwsw.arrays import Values
from bohwsw.errors import MissingExtraError, SpecError
from bohwsw.surrogates.botorch_factory import arguments, called, imported, name_of
from bohwsw.surrogates.botorch_inputs import ModelInputs
from bohwsw.surrogates.transforms import centre_and_scale, checked_data

FIT_ITERATIONS = 200
"""Cap on the iterations of a fit: on data without noise an uncapped one runs for minutes."""

BLOCK = 512
"""Points that are predicted at a time."""

WARM_UP, SAMPLES = 128, 128
"""Steps of the sampler of fully Bayesian models before and while it is listened to."""


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Torch draws from a stream of its own, and BoTorch's advice on data is not shown."""
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        torch.manual_seed(seed % 2**63)
        warnings.simplefilter("ignore")
        yield


@dataclass(frozen=True)
class BotorchModel:
    """A class of BoTorch models, or a function that makes one, ready to be fitted."""

    factory: Callable[..., Any]
    """Takes ``train_X [n, d]`` and ``train_Y [n, 1]`` first, and any of ``train_Yvar``,
    ``cat_dims``, ``task_feature``, ``all_tasks``, ``output_tasks``, ``data_fidelities`` by name.
    What it returns in training mode is fitted."""
    inputs: ModelInputs  # what the model sees of encoded points

    def fit(
        self, x: Values, y: Values, noise: Values | None = None, *, is_constraint: bool = False
    ) -> BotorchRegression:
        """A model of observations ``y [n]`` with variances ``noise [n]`` at encoded points ``x``.

        Raises:
            SpecError: the factory needs something else, or fails.
            MissingExtraError: a fully Bayesian model needs packages that are not installed.
        """
        x, y = checked_data(x, y)
        centre, scale = centre_and_scale(y)
        sign, centre = (1.0, 0.0) if is_constraint else (-1.0, centre)
        train_y = torch.from_numpy(sign * (y - centre) / scale)[:, None]
        offers = {role: partial(copy, value) for role, value in self.inputs.roles.items()}
        if noise is not None:
            known = torch.from_numpy(noise / scale / scale).clamp_min(1e-6)[:, None]
            offers["train_Yvar"] = partial(copy, known)
        with seeded(len(y)), _extra():
            model = called(self.factory, "model", offers, self.inputs(x), train_y)
            _fit(model, len(y))
        return BotorchRegression(model, self.inputs, sign, centre, scale, noise)


def botorch_model(
    given: Any, space: Any, targets: Any = (), *, what: str = "model"
) -> BotorchModel:
    """A model by its place or as it is, over a space; see `BotorchModel` and `ModelInputs`."""
    factory = imported(given, what)
    takes = arguments(factory)
    if len(takes) < 2:
        expected = "a function of train_X and train_Y"
        raise SpecError("not a model", key_path=what, got=name_of(factory), expected=expected)
    return BotorchModel(factory, ModelInputs(space, takes, targets))


@dataclass(frozen=True)
class BotorchRegression:
    """A fitted BoTorch model that answers as a `GaussianProcess` does."""

    model: Any  # BoTorch's, of ``sign * (y - centre) / scale``
    inputs: ModelInputs  # what it sees of encoded points
    sign: float
    centre: float
    scale: float
    noise: Values | None = field(default=None, repr=False)
    """Variances of the observations, if they were given."""

    @cached_property
    def fitted_noise(self) -> float:
        """The noise variance that was fitted, relative to the variance of the observations."""
        likelihood = getattr(self.model, "likelihood", None)
        noise = getattr(likelihood, "noise", None)
        return 0.0 if noise is None else float(torch.as_tensor(noise).detach().mean())

    @property
    def observation_noise(self) -> float:
        """See `GaussianProcess.observation_noise`."""
        if self.noise is not None:
            return float(np.median(self.noise))
        return self.scale**2 * self.fitted_noise

    def as_seen(self, y: Values) -> Tensor:
        """Observations ``[n]`` in the units of the model."""
        return torch.from_numpy(self.sign * (y - self.centre) / self.scale)

    def predict(self, x: Values) -> tuple[Values, Values]:
        """Mean and variance ``[m]`` at encoded points ``[m, width]``; see `GaussianProcess`."""
        pairs = [self._moments(points[:, None, :]) for points in torch.split(self.inputs(x), BLOCK)]
        mean = torch.cat([mean[:, 0] for mean, _ in pairs]).numpy()
        variance = torch.cat([spread[:, 0, 0] for _, spread in pairs]).numpy()
        return self._in_units(mean), self.scale**2 * variance

    def predict_mean(self, x: Values) -> Values:
        """The mean alone ``[m]``."""
        return self.predict(x)[0]

    def predict_pairs(self, here: Values, there: Values) -> tuple[Values, Values, Values, Values]:
        """See `GaussianProcess.predict_pairs`."""
        both = torch.stack([self.inputs(here), self.inputs(there)], dim=1)
        pairs = [self._moments(points) for points in torch.split(both, BLOCK)]
        mean = torch.cat([mean[:, 1] for mean, _ in pairs]).numpy()
        spread = self.scale**2 * torch.cat([spread for _, spread in pairs]).numpy()
        return self._in_units(mean), spread[:, 1, 1], spread[:, 0, 0], spread[:, 0, 1]

    def with_observations(self, x: Values, y: Values) -> BotorchRegression:
        """A copy that has seen more; itself, where the model cannot be told more."""
        with torch.no_grad(), seeded(len(y)):
            try:
                points = self.inputs(x)
                self.model.posterior(points[:1])  # conditions copy what predictions have cached
                told = self.model.condition_on_observations(points, self.as_seen(y)[:, None])
            except Exception:  # there is no common type for "not implemented for this model"
                return self
        conditioned = copy(self)
        object.__setattr__(conditioned, "model", told)
        return conditioned

    def _moments(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Means ``[n, q]`` and covariances ``[n, q, q]`` at ``[n, q, d]``."""
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            posterior = self.model.posterior(points)
            mixture = getattr(posterior, "mixture_mean", None)
            if mixture is not None:  # of a fully Bayesian model
                covariance = posterior.mixture_covariance_matrix
                return mixture[..., 0], getattr(covariance, "to_dense", lambda: covariance)()
            if hasattr(posterior, "distribution"):
                covariance = posterior.distribution.covariance_matrix
            else:  # a transformed posterior has none
                covariance = torch.diag_embed(posterior.variance[..., 0])
            return posterior.mean[..., 0], covariance

    def _in_units(self, mean: Any) -> Values:
        return np.asarray(self.centre + self.sign * self.scale * mean)


@contextmanager
def _extra() -> Iterator[None]:
    """JAX and NumPyro, which only fully Bayesian models need, are an extra."""
    try:
        yield
    except (ImportError, SpecError) as error:
        if any(name in str(error) for name in ("NumPyro", "numpyro", "jax")):
            raise MissingExtraError("numpyro", "fully-bayesian") from None
        raise


def _fit(model: Any, seed: int) -> None:
    """Fit a model that is in training mode, each kind in its own way."""
    from botorch.fit import fit_fully_bayesian_model_nuts, fit_gpytorch_mll
    from botorch.models import ModelListGP, SingleTaskVariationalGP
    from gpytorch.mlls import ExactMarginalLogLikelihood, SumMarginalLogLikelihood, VariationalELBO

    if not getattr(model, "training", False):
        return
    if hasattr(model, "pyro_model"):
        fit_fully_bayesian_model_nuts(
            model, warmup_steps=WARM_UP, num_samples=SAMPLES, disable_progbar=True, seed=seed
        )
    elif hasattr(model, "likelihood"):
        if isinstance(model, SingleTaskVariationalGP):
            n = len(model.model.train_inputs[0])
            likelihood = VariationalELBO(model.likelihood, model.model, num_data=n)
        else:
            kind = SumMarginalLogLikelihood
            kind = kind if isinstance(model, ModelListGP) else ExactMarginalLogLikelihood
            likelihood = kind(model.likelihood, model)
        options = {"options": {"maxiter": FIT_ITERATIONS}}
        fit_gpytorch_mll(likelihood, optimizer_kwargs=options)
    model.eval()
