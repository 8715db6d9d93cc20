"""A strategy of one's own: climbs from the best point to random valid neighbours of it."""

from bohwsw.strategies import Strategy


class HillClimbing(Strategy):
    """Asks for a neighbour of the best point so far that was not tried yet.

    Args:
        space, seed: as for every strategy.
        restarts: the chance of a random point instead.
        **common: goals and first points, as for every strategy.
    """

    def __init__(self, space, seed=0, *, restarts=0.2, **common):
        super().__init__(space, seed, **common)
        self.restarts = restarts

    def _suggest(self, rng):
        best = self._completed_order()
        if best and rng.random() > self.restarts:
            for row in rng.permutation(self.space.neighbour_rows(self._told_rows[best[0]])):
                if not self._is_taken(row):
                    return row
        return self._fresh_rows(1, rng)[0]
