"""What stands in a space file besides the machine: free parameters, constraints, limits, baseline.

See ``docs/spaces.md`` for the format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, Field

from bohwsw.arch import ArchitectureSpec, Name
from bohwsw.codesign.figures import checked_limits
from bohwsw.expressions import in_expression
from bohwsw.mapping import DataflowSpec
from bohwsw.simulator import SparseSpec
from bohwsw.space import Features, Predicate, Space, parse
from bohwsw.space.specification import ParameterSpec, space_of
from bohwsw.tech import TechnologySpec
from bohwsw.yamlfile import SpecModel


def _checked_limits(limits: object) -> object:
    return checked_limits(limits) if isinstance(limits, Mapping) else limits


class BaselineSpec(SpecModel):
    """The machine to compare with: a point of the space and, if it has one, its own dataflow."""

    point: dict[str, bool | int | float | str]  #: a value of every parameter
    dataflow: DataflowSpec | None = None  #: of its own; that of the space if absent


class SpaceSpec(SpecModel):
    """A space file."""

    name: Name  #: of the space
    description: str = ""  #: text for people
    source: str = ""  #: where its figures come from
    technology: Name | TechnologySpec  #: energies and areas: one name, or one each
    clock_mhz: Annotated[float, Field(gt=0)] = 200.0  #: for power and limits on time [MHz]
    parameters: dict[str, ParameterSpec] = Field(default_factory=dict)  #: free ones by name
    features: dict[str, str] = Field(default_factory=dict)  #: expressions for the paper's recipe
    constraints: tuple[str, ...] = ()  #: conditions that every machine meets
    #: largest (of some figures smallest) value, by figure [of the figure]
    limits: Annotated[dict[str, float], BeforeValidator(_checked_limits)] = Field(
        default_factory=dict
    )
    baseline: BaselineSpec  #: the machine to compare with
    architecture: ArchitectureSpec  #: the machine
    dataflow: DataflowSpec = Field(default_factory=dict)  #: what mappings may do, by level
    single_axis: bool = True  #: a dimension unrolls on one axis of a level
    sparse: SparseSpec | None = None  #: what is saved on zeros


def build_space(
    spec: SpaceSpec,
    *,
    known: Sequence[Predicate] = (),
    with_features: bool = False,
    features: Features | None = None,
) -> Space | None:
    """The parameters and known constraints; None if there are no parameters.

    Args:
        known: constraints that do not stand in the file as text.
        with_features: encode points by the file's features, if it has any, and not by parameters.
        features: otherwise, what a model is told besides the parameters.

    Raises:
        SpecError: a parameter, constraint or feature is not valid, or no point meets all
            constraints.
    """
    if with_features:
        features = _features(spec.features) if spec.features else None
    return space_of(spec.parameters, [*spec.constraints, *known], features=features)


def _features(texts: Mapping[str, str]) -> Features:
    """Features computed by expressions over parameters."""
    expressions = []
    for name, text in texts.items():
        with in_expression(f"features.{name}", text):
            expressions.append(parse(text))

    def values(columns: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.float64]:
        n = len(next(iter(columns.values())))
        found = [np.broadcast_to(x.evaluate(columns), n) for x in expressions]
        return np.stack(found, axis=1).astype(np.float64)

    return Features(values, tuple(texts), replace=True)
