"""Min-max search: the best design in the worst scenario, where scenarios are searched for, too.

NAS-OoD (H. Bai et al., ICCV 2021, arXiv:2109.02038) trains a generator of shifted data against the
architecture: what is learned is the least loss under the shift that hurts it most. Ours searches
parameters of scenarios (an angle, a noise, the phase of a language model) against designs: each
design is evaluated in all scenarios that count so far, and each that is best in its worst of these
is attacked by others, those that its model fears most (I. Bogunovic et al., "Adversarially robust
optimization with Gaussian processes", NeurIPS 2018: the highest upper confidence bound). What hurts
more than all scenarios before counts from then on. Designs are suggested by the expected
improvement of the aggregate of the model's means over these scenarios.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bohwsw.aggregates import aggregate_of
from bohwsw.arrays import Values
from bohwsw.checks import whole_option
from bohwsw.errors import SpecError
from bohwsw.space import Space
from bohwsw.strategies.base import Rows, SpaceExhaustedError
from bohwsw.strategies.bayesian import GOOD_TRIALS
from bohwsw.strategies.outcome import Outcome, Told
from bohwsw.strategies.published.robust import Groups, RobustStrategy
from bohwsw.strategies.tried_values import columns_of
from bohwsw.surrogates import one_thread

CANDIDATES = 64
"""So many scenarios does the generator propose."""
MOST_SCENARIOS = 8
"""So many count at most."""


class MinMaxStrategy(RobustStrategy):
    """Searches designs against scenarios; each trial is a design in a scenario.

    Its best trial is the design that is best by the aggregate over the scenarios that count, in the
    one where it is worst: that binds.

    Args:
        scenario: parameters that make a scenario; no constraint ties them to others. The scenario
            of the first trial counts from the start, which has the first value of each if no
            ``first`` point says otherwise.
        attacks: how many scenarios in a row may fail to hurt before a design is left alone.
        aggregate: over these scenarios, see `aggregate_of`.
        **common: as for the Bayesian strategy.

    Raises:
        SpecError: an option is out of its range, a parameter unknown, tied to others, or all are of
            the scenario; or there are several objectives.
    """

    def __init__(
        self,
        space: Space,
        seed: int = 0,
        *,
        scenario: Sequence[str] = (),
        attacks: int = 2,
        aggregate: Any = "worst",
        **common: Any,
    ) -> None:
        super().__init__(space, seed, aggregate=aggregate, **common)
        self._of_scenario = columns_of(space, scenario, "parameter of a scenario")
        for group in space.groups:
            if (set(group) & set(scenario) and set(group) - set(scenario)) or not group:
                problem, expected = "a constraint ties designs to scenarios", "none"
                raise SpecError(problem, key_path="scenario", got=list(group), expected=expected)
        if set(scenario) == set(space.names):
            raise SpecError("there is nothing but scenarios", key_path="scenario", got=scenario)
        if len(self.goals.objectives) > 1:
            raise SpecError("min-max knows one objective", got=list(self.goals.objectives))
        self.attacks = whole_option("attacks", attacks, least=0)
        self._scenario = frozenset(scenario)
        self._aggregate = aggregate_of(aggregate)
        self._active: list[Rows] = []
        self._losses: dict[bytes, dict[bytes, float | None]] = {}
        self._is_designing = False

    def tell(self, point: Mapping[str, Any], outcome: Outcome) -> None:
        """Report what came of a point; see `Strategy.tell`."""
        super().tell(point, outcome)
        row, told = self._told_rows[-1], self._history[-1]
        loss = float(self.goals.vector(outcome)[0]) if told.is_feasible else None
        own = row[self._of_scenario]
        if not self._active:
            self._active.append(own)
        known = self._losses.setdefault(self._key(row), {})
        known[own.tobytes()] = loss
        before = self._over_active(known)
        is_new = not any((own == other).all() for other in self._active)
        if is_new and loss is not None and before is not None and loss > before.max():
            self._active = [*self._active, own][:MOST_SCENARIOS]

    @property
    def scenarios(self) -> tuple[dict[str, Any], ...]:
        """The scenarios that count, in the order in which they were found."""
        return tuple(self._named(own) for own in self._active)

    @property
    def best(self) -> Told | None:
        """The best design in its worst scenario of those that count."""
        found = self._best_row()
        if found is None:
            return min(
                (told for told in self._history if told.is_feasible),
                key=lambda told: float(self.goals.vector(told.outcome)[0]),
                default=None,
            )
        known = self._over_active(self._losses[self._key(found)])
        assert known is not None
        worst = self._in_scenario(found, self._active[int(np.argmax(known))])
        return next(
            told
            for told, row in zip(self._history[::-1], self._told_rows[::-1], strict=True)
            if (row == worst).all()
        )

    @property
    def pareto_front(self) -> tuple[Told, ...]:
        """The best trial alone."""
        best = self.best
        return () if best is None else (best,)

    # -- suggesting ----------------------------------------------------------------------------

    def _suggest(self, rng: np.random.Generator) -> Rows:
        if not self._of_scenario.any():
            return super()._suggest(rng)
        found = self._unfinished()
        if found is None:
            found = self._attack(rng)
        if found is not None:
            return found
        self._is_designing = True
        try:
            design: Rows = self._plain(super()._suggest(rng)[None])[0]
            return design
        except SpaceExhaustedError:  # of designs
            self._is_designing = False
            return self._fresh_row(rng)
        finally:
            self._is_designing = False

    def _unfinished(self) -> Rows | None:
        """A design that may be the best, of the most promising ones, in a scenario it lacks."""
        best = self._best_row()
        limit = np.inf if best is None else self._value(best)
        promising = []
        for row in {self._key(row): row for row in self._told_rows}.values():
            losses = list(self._losses[self._key(row)].values())
            if None not in losses and self._over_active(self._losses[self._key(row)]) is None:
                promising.append((float(self._aggregate(np.array(losses, np.float64))), row))
        promising.sort(key=lambda pair: pair[0])
        for value, row in promising[:GOOD_TRIALS]:
            for own in self._active if value < limit else ():
                near = self._in_scenario(row, own)
                if not self._is_taken(near):
                    return near
        return None

    def _attack(self, rng: np.random.Generator) -> Rows | None:
        """The best design in a scenario that may hurt it most, unless it was attacked in vain."""
        best = self._best_row()
        if best is None:
            return None
        active = {own.tobytes() for own in self._active}
        if sum(key not in active for key in self._losses[self._key(best)]) >= self.attacks:
            return None
        drawn = self.space.sample_rows(CANDIDATES, rng)[:, self._of_scenario]
        rows = np.array([self._in_scenario(best, own) for own in drawn])
        rows = super()._free(rows)
        if not len(rows):
            return None
        if len(self._feasible()) < self.n_initial or not self.surrogates.has_learned:
            first: Rows = rows[0]
            return first
        with one_thread():
            mean, variance = self.posteriors().predict(self.space.encode_rows(rows))
        feared: Rows = rows[int(np.argmax(mean[:, 0] + np.sqrt(variance[:, 0])))]
        return feared

    def _grouped(self, space: Space, around: Sequence[str], neighbours: int) -> Groups:
        return lambda row: np.array([self._in_scenario(row, own) for own in self._active])

    def _free(self, rows: Rows) -> Rows:
        return super()._free(self._plain(rows) if self._is_designing else rows)

    def _is_taken(self, row: Rows) -> bool:
        return super()._is_taken(self._plain(row[None])[0] if self._is_designing else row)

    # -- inside --------------------------------------------------------------------------------

    def _plain(self, rows: Rows) -> Rows:
        """Rows ``[n, d]`` in the first scenario."""
        found = rows.copy()
        found[:, self._of_scenario] = self._active[0] if self._active else 0
        return found

    def _in_scenario(self, row: Rows, own: Rows) -> Rows:
        found = row.copy()
        found[self._of_scenario] = own
        return found

    def _key(self, row: Rows) -> bytes:
        key: bytes = row[~self._of_scenario].tobytes()
        return key

    def _named(self, own: Rows) -> dict[str, Any]:
        point = self.space.point(self._in_scenario(self._told_rows[0], own))
        return {name: value for name, value in point.items() if name in self._scenario}

    def _over_active(self, known: Mapping[bytes, float | None]) -> Values | None:
        """Losses in all scenarios that count; None if one is missing or not feasible."""
        found = [known.get(own.tobytes()) for own in self._active]
        return None if None in found else np.array(found, np.float64)

    def _value(self, row: Rows) -> float:
        """The aggregate of a design that was evaluated in all scenarios."""
        known = self._over_active(self._losses[self._key(row)])
        return np.inf if known is None else float(self._aggregate(known))

    def _best_row(self) -> Rows | None:
        """A row of the design that is best over the scenarios that count."""
        rows = {self._key(row): row for row in self._told_rows}
        values = {key: self._value(row) for key, row in rows.items()}
        key = min(values, key=lambda key: values[key], default=b"")
        return rows[key] if values.get(key, np.inf) < np.inf else None
