"""Recipes: what proposes machines, what maps layers onto them, and with which budgets.

``paper`` is the method of Shi, Sakhuja, Hashemi, Swersky, Lin, "Learned Hardware/Software Co-Design
of Neural Accelerators" (arXiv:2010.02075), as far as it is known: 50 machines, 250 mappings a layer
and machine, a Gaussian process with a linear kernel and noise on features, the lower confidence
bound, a pool of 150 points that meet the known constraints, a Gaussian-process classifier of
feasibility. No code of it is published; what is not known is an option here, with our reading as
its default:

- ``kappa`` 1: the weight of the spread in the bound;
- ``initial`` 5: random points before a model is used;
- ``features``: of mappings those of ``mapping_features`` but for the words, of machines those that
  the space file lists; without them, the parameters themselves;
- ``known_capacity``: mappings that do not fit are left out by rejection, not learned.

``best`` is whatever of ours finds most over all our problems, by measurement
(``docs/codesign.md``). It opens with machines whose mappings are found by bounds, with few
simulated ones (some 60 a layer and machine), and goes on with annealing, which simulates many:
where spaces are large that finds more in the same time. Machines far above the best it leaves
early.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from bohwsw.checks import MOST_EVALUATIONS, MOST_TRIALS, set_whole
from bohwsw.errors import unknown_name
from bohwsw.mapper import AnnealingMapper, BranchAndBoundMapper, Mapper, RememberingMapper


@dataclass(frozen=True)
class Opening:
    """The inner search of the first machines, where it is not that of the others."""

    trials: int
    mapper: Mapper
    evaluations: int  # its budget for each unique layer on each machine


@dataclass(frozen=True)
class FirstLook:
    """A part of the inner search after which it is left on machines that promise too little.

    Attributes:
        evaluations: the budget of that part for each unique layer; every machine gets it, and those
            that promise more the rest of the recipe's, if that has more.
        within: what that is: an objective at most this share above the best of machines before.
    """

    evaluations: int
    within: float


@dataclass(frozen=True)
class Recipe:
    """How a co-design search goes about it."""

    name: str
    strategy: str  # how machines are proposed; a name that ``bohwsw.strategies.strategy`` knows
    mapper: Mapper
    trials: int
    evaluations: int  # the mapper's budget for each unique layer on each machine
    opening: Opening | None = None  # another inner search for the first machines
    first_look: FirstLook | None = None
    """Where to leave the inner search of machines that promise too little; with several objectives,
    which have no best machine, it is never left."""
    options: Mapping[str, Any] = field(default_factory=dict)
    features: bool = False
    """Whether the strategy sees the features of the space file instead of parameters."""
    prior_mean: bool = False
    """Whether models of EDP and latency, of the strategy ``bayesian`` alone, start from the fewest
    cycles that a machine allows, see ``least_cycles``."""
    warm_starts: bool = False
    """Whether the inner search starts from mappings of similar layers and of machines tried before,
    see ``warm_starts``."""
    baseline_first: bool = False  # whether the baseline is the first machine to be tried
    final_gap: float | None = None
    """The best machines and the baseline are mapped again at the end, until each network is proven
    to be within this share of its optimum there; None keeps the mappings of the search."""
    final_seconds: float = 10.0  # time for that, each

    def __post_init__(self) -> None:
        set_whole(self, ("trials",), MOST_TRIALS, problem="not a budget")
        set_whole(self, ("evaluations",), MOST_EVALUATIONS, problem="not a budget")

    def settings(self) -> dict[str, Any]:
        """All but the number of trials, which may grow, as plain data."""
        return {key: value for key, value in asdict(self).items() if key != "trials"}

    def at(self, trial: int) -> Recipe:
        """The recipe with the inner search that serves a machine, counted from 0, and no other."""
        opening = self.opening
        if opening is None or trial >= opening.trials:
            return replace(self, opening=None)
        changed = self.changed(evaluations=opening.evaluations)
        return replace(changed, mapper=opening.mapper)

    def changed(
        self,
        *,
        trials: int | None = None,
        evaluations: int | None = None,
        strategy: str | None = None,
    ) -> Recipe:
        """The recipe with what is given instead of its own.

        Another budget of evaluations is that of all machines: there is no opening then, and no
        first look. Another strategy has no options.
        """
        changes: dict[str, Any] = {}
        if trials is not None:
            changes["trials"] = trials
        if evaluations is not None:
            changes |= {"evaluations": evaluations, "opening": None, "first_look": None}
        if strategy is not None and strategy != self.strategy:
            changes |= {"strategy": strategy, "options": {}, "prior_mean": False}
        return replace(self, **changes)


def best_recipe() -> Recipe:
    """What is best of ours."""
    bounds = BranchAndBoundMapper(gap=0.05, start_evaluations=50, evaluations_a_step=100)
    return Recipe(
        name="best",
        strategy="bayesian",
        mapper=AnnealingMapper(),
        trials=100,
        evaluations=100_000,
        opening=Opening(trials=25, mapper=bounds, evaluations=2_500),
        first_look=FirstLook(evaluations=25_000, within=0.5),
        prior_mean=True,
        warm_starts=True,
        baseline_first=True,
        final_gap=0.02,
    )


def paper_recipe(
    *,
    kappa: float = 1.0,
    pool: int = 150,
    initial: int = 5,
    features: bool = True,
    known_capacity: bool = True,
) -> Recipe:
    """The published method; the options are what is not known of it, see the head of the module."""
    from bohwsw.mapping_search import SequentialMapper  # the strategies, which others do without

    return Recipe(
        name="paper",
        strategy="linear",
        mapper=SequentialMapper(
            strategy="linear",
            pool=pool,
            kappa=kappa,
            initial=initial,
            encoding="usage" if features else "raw",
            known_capacity=known_capacity,
        ),
        trials=50,
        evaluations=250,
        options={"kappa": kappa, "pool": pool, "n_initial": initial},
        features=features,
    )


def joint_recipe() -> Recipe:
    """For a search over networks and machines: many layers, each mapped with a small budget."""
    return Recipe(
        name="joint",
        strategy="reusing",
        mapper=RememberingMapper(),
        trials=100,
        evaluations=2_000,
        baseline_first=True,
        final_gap=0.02,
        final_seconds=2.0,
    )


_MAKERS = {"best": best_recipe, "paper": paper_recipe, "joint": joint_recipe}


def named_recipe(name: str) -> Recipe:
    """A recipe by its name, with its default options; a SpecError if no recipe has that name."""
    if name not in _MAKERS:
        raise unknown_name("recipe", name, _MAKERS)
    return _MAKERS[name]()
