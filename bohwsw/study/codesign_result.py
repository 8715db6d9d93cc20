"""What a co-design study found, and where its time went."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bohwsw.codesign.chip_design import ChipDesign
from bohwsw.codesign.design import Design, Rejection
from bohwsw.codesign.objectives import AREA, mapped_for
from bohwsw.mapper.mapper import Objective
from bohwsw.study.trial import Trial


@dataclass(frozen=True)
class Seconds:
    """Where the time of a study went, in seconds.

    Attributes:
        proposing: choosing machines, over all trials, those of an interrupted run included.
        mapping: evaluating them.
        final: mapping the best machines and the baseline again.
        final_limit: what that was allowed to take; None if the recipe said so for each machine.
    """

    proposing: float
    mapping: float
    final: float
    final_limit: float | None = None

    def to_json(self) -> dict[str, float]:
        """The seconds as plain data, without a limit that was not given."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        return {name: round(value, 3) for name, value in given.items()}


def seconds_of(trials: Iterable[Trial], final: float, final_limit: float | None = None) -> Seconds:
    """The seconds of a study's trials, and of its end."""
    trials = list(trials)
    return Seconds(
        sum(trial.proposing_seconds for trial in trials),
        sum(trial.seconds for trial in trials),
        final,
        final_limit,
    )


@dataclass(frozen=True)
class CodesignResult:
    """What a co-design study found.

    Every design here was mapped in the same way, with the same budget; only where a limit would be
    broken by that, a found one has the mappings of the search.

    Attributes:
        chips: the best design; with several objectives the Pareto front, lowest in the first
            objective first. A design holds one of each network.
        baseline_chip: the baseline with its own dataflow, if it has one, else with the space's; if
            it is over a limit of the space, its ``over_limits`` and ``violations`` say so.
        baseline_free_chip: the baseline with the space's dataflow; None if that is
            ``baseline_chip``.
        trials: all trials in order.
        objectives: what was minimised.
        seconds: where the time went.
        folder: where the study is stored.
        space_bound: no machine of the space has a smaller objective, whatever is mapped onto it;
            None if nobody asked.
    """

    chips: tuple[ChipDesign, ...]
    baseline_chip: ChipDesign | Rejection
    baseline_free_chip: ChipDesign | Rejection | None
    trials: tuple[Trial, ...]
    objectives: tuple[str, ...]
    seconds: Seconds
    folder: Path | None
    space_bound: float | None = None

    @property
    def chip(self) -> ChipDesign:
        """The first of ``chips``: of a single objective the best."""
        return self.chips[0]

    @property
    def objective(self) -> str:
        """The first objective; the only one unless there are several."""
        return self.objectives[0]

    @property
    def mapped_for(self) -> Objective:
        """What the layers were mapped for: what lower bounds and gaps of designs speak of."""
        return mapped_for(self.objectives)

    @property
    def networks(self) -> tuple[str, ...]:
        """Names of the networks."""
        return tuple(design.network for design in self.chip.designs)

    @property
    def best(self) -> Design:
        """The best design: of the first network, if there are several, on the best machine."""
        return self.chip.designs[0]

    @property
    def baseline(self) -> Design | Rejection:
        """The baseline's design, of the first network; see ``baseline_chip``."""
        chip = self.baseline_chip
        return chip if isinstance(chip, Rejection) else chip.designs[0]

    @property
    def baseline_free(self) -> Design | Rejection | None:
        """The baseline's design with the space's dataflow; see ``baseline_free_chip``."""
        chip = self.baseline_free_chip
        return chip.designs[0] if isinstance(chip, ChipDesign) else chip

    def improvement_over(
        self, other: ChipDesign | Design | Rejection | None, objective: str | None = None
    ) -> float | None:
        """Share by which the first of ``chips`` is below another design; None if unknown.

        Args:
            other: with all networks, or of one of them, which is then compared with its like. What
                is over a limit is no design to compare with: None.
            objective: in which objective; the first if absent.
        """
        if isinstance(other, Design):
            mine: ChipDesign = ChipDesign((self.chip.design(other.network),))
            return improvement(mine, ChipDesign((other,)), objective or self.objective)
        return improvement(self.chip, other, objective or self.objective)

    @property
    def improvement(self) -> float | None:
        """Share by which the first of ``chips`` is below the baseline, all networks together.

        None if the baseline cannot run them or is over a limit.
        """
        return self.improvement_over(self.baseline_chip)

    @property
    def headroom(self) -> float | None:
        """Share by which any machine of the space could be below the best, at most."""
        if self.space_bound is None:
            return None
        reached = self.chip.objective(self.objective)
        return max(0.0, 1.0 - self.space_bound / reached) if reached > 0.0 else 0.0


def improvement(
    found: ChipDesign, other: ChipDesign | Rejection | None, objective: str
) -> float | None:
    """Share by which a design is below another one in an objective; None if unknown.

    Of several networks: 1 less the weighted geometric mean of their ratios. What is over a limit
    cannot be built as it is, so there is nothing to be below.
    """
    if not isinstance(other, ChipDesign) or other.over_limits:
        return None
    if objective == AREA and not (found.area_mm2 and other.area_mm2):
        return None
    return 1.0 - found.ratio_to(other, objective)


def chip_figures(chip: ChipDesign) -> dict[str, Any]:
    """Figures of a chip; of several networks their weighted geometric means, then each by name."""
    figures: dict[str, Any] = dict(chip.figures())
    if len(chip.designs) > 1:
        figures["networks"] = {
            design.network: {"weight": weight, **design.figures()}
            for design, weight in zip(chip.designs, chip.weights, strict=True)
        }
    if chip.over_limits:
        figures |= {"valid": False, "violations": over_limits_data(chip)}
    return figures


def over_limits_data(chip: ChipDesign | Design) -> list[dict[str, Any]]:
    """The limits that a design is over, as plain data."""
    return [entry for over in chip.over_limits for entry in over.to_json()]
