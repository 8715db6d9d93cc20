"""Probabilities over choices, moved by samples that are weighted by how good they are.

Z. Yan et al., "FP-NAS: Fast Probabilistic Neural Architecture Search", CVPR 2021; F. P. Casale et
al., "Probabilistic Neural Architecture Search", arXiv:1902.05116 (PARSEC).

The papers': K networks are drawn from the distribution, each gets a weight in proportion to its
likelihood, the logits follow the weighted gradient of the logarithm of the probability. PARSEC's K
is fixed; FP-NAS draws ``K = lambda H``, H the entropy of the distribution, so that fewer networks
are drawn the surer it is. The distribution is factorised over the variables of a layer; the most
probable network is the result.

Our reading: there are no shared weights to be trained, a network's likelihood is its reward (see
`LearningStrategy`), as ``exp(reward / temperature)``; lambda is such that the first step draws
``samples``; networks that were seen before are drawn too and cost nothing; once the distribution is
sure, it is made flatter and the search goes on. Not here: FP-NAS's later joint distribution of the
variables of a layer; tied parameters are joint from the start (`Choices`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bohwsw.checks import real_option, whole_option
from bohwsw.space import Space
from bohwsw.strategies.base import Rows
from bohwsw.strategies.outcome import Told
from bohwsw.strategies.published.choices import Choices
from bohwsw.strategies.published.learning import LearningStrategy

DRAWS = 64
SURE = 0.2
"""Nats of entropy at which the distribution has decided."""
MOST_STEPS = 100
"""Steps by networks that are all known, after one trial."""


class DistributionStrategy(LearningStrategy):
    """Draws as many networks as its entropy asks for, then moves to the better ones.

    Args:
        samples: networks of the first step.
        adaptive: whether later steps draw fewer, as the entropy falls (FP-NAS), or not (PARSEC).
        rate: of learning.
        temperature: of the weights; high ones make networks alike.

    Attributes:
        samples_drawn: until the distribution was sure for the first time, those seen before too.
        is_sure: whether that is so.
    """

    def __init__(
        self,
        space: Space,
        seed: int = 0,
        *,
        samples: int = 14,
        adaptive: bool = True,
        rate: float = 1.0,
        temperature: float = 1.0,
        **common: Any,
    ) -> None:
        super().__init__(space, seed, **common)
        self.samples, self.adaptive = whole_option("samples", samples, least=2), adaptive
        self.rate = real_option("rate", rate, "(0, inf)")
        self.temperature = real_option("temperature", temperature, "(0, inf)")
        self.choices = Choices(space, self.seed)
        self.logits = np.zeros(self.choices.n_logits)
        self.samples_drawn, self.is_sure = 0, False
        self._steps = 0
        self._widest_entropy = self.choices.entropy(self.logits)
        self._batch = self._drawn()

    def _suggest(self, rng: np.random.Generator) -> Rows:
        for temperature in (1.0, 2.0, 4.0):
            more = self.choices.draw(self.logits / temperature, DRAWS, rng)
            free = self._free(np.concatenate([self._batch, more]))
            if len(free):
                return np.asarray(free[0])
        return self._fresh_row(rng)

    def _learn(self, row: Rows, told: Told, rng: np.random.Generator) -> None:
        for _ in range(MOST_STEPS):
            keys = [row.tobytes() for row in self._batch]
            if any(k not in self._seen and not self._is_lost(k) for k in keys):
                return
            self._step([row for row, k in zip(self._batch, keys, strict=True) if k in self._seen])
            self._batch = self._drawn()

    def _is_lost(self, key: bytes) -> bool:
        """Whether an evaluation broke, so that nothing will be known."""
        return key in self._taken and key not in self._pending

    def _step(self, rows: list[Rows]) -> None:
        """Towards those of the batch that have the larger weights."""
        if self.choices.entropy(self.logits) < SURE:
            self.is_sure = True
            self.logits = self.logits / 4.0
        if not rows:
            return
        rewards = np.array([self._reward(self._seen[row.tobytes()]) for row in rows])
        weights = np.exp((rewards - rewards.max()) / self.temperature)
        weights /= weights.sum()
        found = np.zeros(self.choices.n_logits)
        for weight, row in zip(weights, rows, strict=True):
            found[self.choices.places(row)] += weight
        self.logits = self.logits + self.rate * (found - self.choices.expected(self.logits))

    def _drawn(self) -> Rows:
        """The networks of the next step."""
        share = self.choices.entropy(self.logits) / (self._widest_entropy or 1.0)
        wanted = round(self.samples * share) if self.adaptive else self.samples
        n = max(2, wanted)
        self._steps += 1
        self.samples_drawn += 0 if self.is_sure else n
        return self.choices.draw(self.logits, n, np.random.default_rng([self.seed, self._steps, 7]))
