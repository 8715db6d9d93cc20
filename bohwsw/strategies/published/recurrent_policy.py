"""A recurrent policy: an LSTM that reads what was chosen so far, and chooses what comes next.

B. Zoph and Q. Le, "Neural architecture search with reinforcement learning", ICLR 2017: the choices
of a network are a sequence, each a softmax of the state, each read again at the next step.

Our reading: parameters that constraints tie together are one step, where a combination has the sum
of its values' logits, so nothing invalid is drawn. One layer of 32 units for two of 35, and a fast
Adam, as searches here have hundreds of trials and not 12,800.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from bohwsw.arrays import Values
from bohwsw.strategies.base import Rows
from bohwsw.strategies.published.choices import Choices
from bohwsw.strategies.published.policies import Allowed, Policy, Rng

UNITS = 32
MOST_NORM = 5.0
"""Of a gradient."""


class RecurrentPolicy(Policy):
    """Logits that depend on what was chosen before.

    Args:
        choices: of the space.
        rate: of Adam.
        seed: of the first weights, by which all that is valid is equally likely, part by part.
    """

    def __init__(self, choices: Choices, rate: float, seed: int) -> None:
        super().__init__(choices, rate)
        kind = torch.float64
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._read = nn.Embedding(choices.n_logits, UNITS, dtype=kind)
            self._cell = nn.LSTMCell(UNITS, UNITS, dtype=kind)
            self._head = nn.Linear(UNITS, choices.n_logits, dtype=kind)
        nn.init.zeros_(self._head.weight)
        nn.init.zeros_(self._head.bias)
        layers = (self._read, self._cell, self._head)
        self._weights = [weight for layer in layers for weight in layer.parameters()]
        self._optimizer = torch.optim.Adam(self._weights, lr=rate)
        self._own = [np.unique(part.logits) for part in choices.parts]
        self._has = []  # which of its part's values each combination has [n_own, m]
        for own, part in zip(self._own, choices.parts, strict=True):
            has = (part.logits[None] == own[:, None, None]).sum(axis=2)
            self._has.append(torch.as_tensor(has, dtype=kind))

    def draw(self, n: int, rng: Rng, temperature: float = 1.0, allowed: Allowed = None) -> Rows:
        """See `Policy`."""
        rows = np.zeros((n, self.choices.space.n_columns), np.int32)
        with torch.no_grad():
            for k, (_, scores) in enumerate(self._steps(rows)):
                if allowed is not None:
                    scores = scores.masked_fill(~torch.as_tensor(allowed[k]), -torch.inf)
                chances = torch.softmax(scores / temperature, dim=1).numpy()
                drawn = (chances.cumsum(axis=1) <= rng.random((n, 1))).sum(axis=1)
                last = np.flatnonzero(chances.any(axis=0))[-1]  # where a sum ends below 1
                part = self.choices.parts[k]
                rows[:, part.columns] = part.rows[np.minimum(drawn, last)]
        return rows

    def log_probability(self, rows: Rows) -> Values:
        """See `Policy`."""
        with torch.no_grad():
            return np.asarray(self._log_probability(rows).numpy())

    def step(self, rows: Rows, weights: Values) -> None:
        """See `Policy`."""
        self._optimizer.zero_grad()
        loss = -(torch.as_tensor(weights) * self._log_probability(rows)).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._weights, MOST_NORM)
        self._optimizer.step()

    def _log_probability(self, rows: Rows) -> Tensor:
        total = torch.zeros(len(rows), dtype=torch.float64)
        places = self.choices.all_places(rows)
        for k, (logits, scores) in enumerate(self._steps(rows)):
            own = np.searchsorted(self._own[k], places[:, self.choices.parts[k].columns])
            chosen = logits.gather(1, torch.as_tensor(own)).sum(dim=1)
            total = total + chosen - torch.logsumexp(scores, dim=1)
        return total

    def _steps(self, rows: Rows) -> Iterator[tuple[Tensor, Tensor]]:
        """By part: logits of its values ``[n, n_own]``, of its combinations ``[n, m]``.

        What rows ``[n, n_columns]`` have in a part is read after it was yielded.
        """
        read, state = torch.zeros((len(rows), UNITS), dtype=torch.float64), None
        for part, own, has in zip(self.choices.parts, self._own, self._has, strict=True):
            state = self._cell(read, state)
            logits = state[0] @ self._head.weight[own].T + self._head.bias[own]
            yield logits, logits @ has
            places = self.choices.all_places(rows)[:, part.columns]
            read = self._read(torch.as_tensor(places)).mean(dim=1)
