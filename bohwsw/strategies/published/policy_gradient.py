"""Policy gradient: a distribution over the choices of a space that follows its rewards.

R. J. Williams, "Simple statistical gradient-following algorithms for connectionist reinforcement
learning", Machine Learning 8, 1992 (REINFORCE); B. Zoph and Q. Le, "Neural architecture search with
reinforcement learning", ICLR 2017; J. Schulman et al., "Proximal policy optimization algorithms",
arXiv:1707.06347, as NAHAS uses it (Y. Zhou et al., "Towards the co-design of neural networks and
accelerators", MLSys 2022); CORE (arXiv:2506.03474) for one step without a critic and rewards that
are compared within a batch.

The papers': the update by (reward - exponential mean) times the gradient of the logarithm of the
probability; a network seen before gives its stored reward at once; clipped ratios over several
epochs; comparison within the batch, in place of a critic.

Our reading: a table of logits, or by ``policy="rnn"`` the recurrent network of Zoph and Le; what
constraints forbid has no probability, and tied parameters are drawn as one, which is CORE's order
of dependencies made exact (`Choices`); the reward is ``-1 - ln`` of the share of all feasible
trials so far that are at least as good, so that units and outliers do not matter (Savage scores;
measured to find better networks than rewards in standard deviations); a design over its limits is
worth -1, less what it is over them by, at most 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bohwsw.arrays import Values
from bohwsw.checks import real_option, whole_option
from bohwsw.errors import unknown_name
from bohwsw.space import Space
from bohwsw.strategies.base import Rows
from bohwsw.strategies.outcome import Told
from bohwsw.strategies.published.choices import Choices
from bohwsw.strategies.published.learning import LearningStrategy
from bohwsw.strategies.published.policies import Policy, TablePolicy

RATES = {"table": 0.3, "rnn": 0.004}
DECAY = 0.9  # of the exponential mean of rewards
CLIP = 0.2  # how far a ratio may be from 1
DRAWS = 64
TEMPERATURES = (1.0, 2.0, 4.0)
"""Where all that is drawn was seen before, the distribution is made flatter."""


class PolicyGradientStrategy(LearningStrategy):
    """Draws from a distribution, which moves towards what was better than expected.

    Args:
        policy: ``table``, a logit for each value, or ``rnn``, a recurrent network of them.
        rate: of learning, in logits for a reward of 1, or of the network's Adam; see `RATES`.
        batch: trials of an update; in a batch of several, rewards are compared with its mean.
        epochs: updates by a batch, with the ratios of probabilities clipped (PPO).
        rehearsals: networks seen before that are drawn again after a trial, at most, and count.
        **common: as for every strategy, see `Strategy`.

    Raises:
        SpecError: an option is out of its range.
    """

    def __init__(
        self,
        space: Space,
        seed: int = 0,
        *,
        policy: str = "table",
        rate: float | None = None,
        batch: int = 1,
        epochs: int = 1,
        rehearsals: int = 4,
        **common: Any,
    ) -> None:
        super().__init__(space, seed, **common)
        if policy not in RATES:
            raise unknown_name("policy", policy, RATES)
        self.rate = real_option("rate", RATES[policy] if rate is None else rate, "(0, inf)")
        self.batch, self.epochs = whole_option("batch", batch), whole_option("epochs", epochs)
        self.rehearsals = whole_option("rehearsals", rehearsals, least=0)
        self.choices = Choices(space, self.seed)
        self.policy = self._built(policy)
        self._baseline: float | None = None
        self._batch: list[tuple[Rows, float]] = []

    def _built(self, policy: str) -> Policy:
        if policy == "table":
            return TablePolicy(self.choices, self.rate)
        from bohwsw.strategies.published.recurrent_policy import RecurrentPolicy  # with torch

        return RecurrentPolicy(self.choices, self.rate, self.seed)

    def _suggest(self, rng: np.random.Generator) -> Rows:
        for temperature in TEMPERATURES:
            free = self._free(self.policy.draw(DRAWS, rng, temperature))
            if len(free):
                return np.asarray(free[0])
        return self._fresh_row(rng)

    def _learn(self, row: Rows, told: Told, rng: np.random.Generator) -> None:
        self._update(row[None])
        again = self.policy.draw(self.rehearsals, rng) if self.rehearsals else row[:0]
        n = next((k for k, x in enumerate(again) if x.tobytes() not in self._seen), len(again))
        self._update(again[:n])

    def _update(self, rows: Rows) -> None:
        rewards = [self._reward(self._seen[row.tobytes()]) for row in rows]
        if self.batch > 1:
            for pair in zip(rows, rewards, strict=True):
                self._batch.append(pair)
                if len(self._batch) >= self.batch:
                    self._compare()
            return
        gains = []
        for reward in rewards:
            baseline = reward if self._baseline is None else self._baseline
            self._baseline = DECAY * baseline + (1.0 - DECAY) * reward
            gains.append(reward - baseline)
        if gains:
            self.policy.step(rows, np.array(gains))

    def _compare(self) -> None:
        """Several clipped steps by a batch, each of its rewards against the others."""
        rows = np.array([row for row, _ in self._batch])
        rewards = np.array([reward for _, reward in self._batch])
        self._batch = []
        gains: Values = (rewards - rewards.mean()) / (rewards.std() or 1.0)
        before = self.policy.log_probability(rows)
        for _ in range(self.epochs):
            ratio = np.exp(self.policy.log_probability(rows) - before)
            is_open = np.where(gains > 0.0, ratio < 1.0 + CLIP, ratio > 1.0 - CLIP)
            if is_open.any():
                self.policy.step(rows[is_open], (gains * ratio)[is_open])
