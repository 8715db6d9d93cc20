"""The mappings of one layer on one machine as a design space, so that any strategy can search it.

`bohwsw.mapping` has samplers and moves of its own for its mappers, which make a million
evaluations. A `MappingSpace` is the same map space for those that make a few hundred: parameters
with text constraints (see `mapping_codec`), features for a surrogate (see `mapping_features`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from bohwsw.arch import Architecture
from bohwsw.errors import SpecError, unknown_name
from bohwsw.mapping import FREE, Dataflow, MappingBatch, MapSpace, batch_of, check_factors, sample
from bohwsw.mapping import Mapping as LoopNest
from bohwsw.mapping_search.mapping_codec import Columns, MappingCodec
from bohwsw.mapping_search.mapping_features import feature_names, mapping_features
from bohwsw.simulator import BatchEvaluation, Costs, hardware_batch, simulate_batch
from bohwsw.space import Categorical, Factorisation, Features, Permutation, Point, Space
from bohwsw.workload import Layer

Rows: TypeAlias = npt.NDArray[np.int32]
Encoding: TypeAlias = Literal["features", "usage", "raw"]
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)


class MappingSpace(Space):
    """All mappings of a layer on a machine, under the known constraints.

    Args:
        known_capacity: whether tiles that do not fit a level are left out. If not, such mappings
            are points of the space, and evaluating them says that they are infeasible.
        encoding: what a model sees: ``features`` (see `mapping_features`); ``usage``, these without
            the words that pass each level, which is as much as the co-design paper names; or the
            ``raw`` values.
        even: whether samples are spread evenly over the points. If not, they come from
            `bohwsw.mapping.sampling.sample`, which fills the machine prime by prime: far better
            mappings on average. It knows valid mappings only, so without ``known_capacity``
            samples are even in any case.

    Raises:
        SpecError: an option is unknown, the dataflow is not one of the machine's, or nothing is
            left to choose.
        NoValidMappingError: the machine has no valid mapping of the layer.
    """

    def __init__(
        self,
        layer: Layer,
        architecture: Architecture,
        dataflow: Dataflow = FREE,
        *,
        known_capacity: bool = True,
        encoding: Encoding = "features",
        even: bool = False,
    ) -> None:
        if encoding not in ENCODINGS:
            raise unknown_name("encoding", encoding, ENCODINGS)
        self.map_space = MapSpace(layer, architecture, dataflow)
        self.codec = MappingCodec(self.map_space)
        self.known_capacity = known_capacity
        self.even = even or not known_capacity
        if known_capacity:
            sample(self.map_space, 1, seed=0)  # where nothing is valid, this says why
        self._words = encoding == "features"
        names = feature_names(self.codec, words=self._words)
        features = Features(self._features, names, replace=True)
        super().__init__(
            list(_parameters(self.codec)),
            [
                *self.codec.fanout_constraints(),
                *self.codec.axis_constraints(),
                *(self.codec.capacity_constraints() if known_capacity else ()),
            ],
            features=None if encoding == "raw" else features,
        )

    def mapping_of(self, point: Mapping[str, Any]) -> LoopNest:
        """The mapping of a point, loops of factor 1 left out."""
        return self.mappings(self.row(point)[None, :]).mapping(0)

    def point_of(self, mapping: LoopNest) -> Point:
        """A point of a mapping; the orders of loops that cannot matter are dropped.

        Raises:
            SpecError: the mapping is not in the map space, or breaks a known constraint.
        """
        check_factors(self.map_space.layer, mapping)
        batch, allowed = batch_of([mapping]), self.map_space
        barred = ((batch.factors[0] > 1) & ~allowed.allowed).any()
        keep = batch.keep[0]
        if barred or (keep & ~allowed.keep_may).any() or (allowed.keep_must & ~keep).any():
            raise SpecError(
                "the mapping is not in the map space",
                got=mapping,
                expected="factors and kept data spaces that the dataflow allows",
            )
        point = self.point(self.rows(batch)[0])
        violations = self.violations(point)
        if violations:
            raise SpecError("the mapping is not valid", got="; ".join(map(str, violations)))
        return point

    def mappings(self, rows: Rows) -> MappingBatch:
        """The mappings of rows of codes ``[n, n_columns]``."""
        return self.codec.batch(self.columns(rows))

    def rows(self, mappings: MappingBatch) -> Rows:
        """Rows of codes ``[n, n_columns]`` of mappings of the map space."""
        values = self.codec.columns(mappings)
        parts = [_codes(parameter, values[parameter.name]) for parameter in self.parameters]
        return np.concatenate(parts, axis=1).astype(np.int32)

    def evaluate(self, rows: Rows, costs: Costs) -> BatchEvaluation:
        """Simulate rows of codes ``[n, n_columns]``; those that do not fit are marked as such."""
        hardware = hardware_batch([(self.map_space.architecture, costs)])
        return simulate_batch(self.map_space.layer, hardware, self.mappings(rows))

    def sample_rows(self, n: int, rng: np.random.Generator) -> Rows:
        """``n`` valid rows, drawn with replacement; see ``even`` for how."""
        if self.even:
            return super().sample_rows(n, rng)
        seed = int(rng.integers(2**32))
        return self.rows(sample(self.map_space, n, seed))

    def _features(self, columns: Columns) -> npt.NDArray[np.float64]:
        return mapping_features(self.codec, self.codec.batch(columns), words=self._words)


def _parameters(codec: MappingCodec) -> Iterator[Factorisation | Permutation | Categorical]:
    for dim, places in codec.places.items():
        yield Factorisation(f"tile_{dim}", codec.space.layer.sizes[dim], len(places))
    for name, (_, dims) in codec.orders.items():
        yield Permutation(name, dims)
    for name in codec.keeps:
        yield Categorical(name, (False, True))


def _codes(parameter: Any, values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Codes ``[n, columns]`` of the values ``[n]`` or ``[n, items]`` of one parameter."""
    if isinstance(parameter, Permutation):
        return values
    if isinstance(parameter, Factorisation):
        return _factorisation_codes(parameter, values)[:, None]
    return values.astype(np.int64)[:, None]


def _factorisation_codes(
    parameter: Factorisation, values: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Positions of factorisations ``[n, slots]`` in the parameter's list, which is sorted."""
    divisors = np.unique(parameter.factors)
    radix = len(divisors) ** np.arange(parameter.slots - 1, -1, -1)
    listed = np.searchsorted(divisors, parameter.factors) @ radix
    return np.searchsorted(listed, np.searchsorted(divisors, values) @ radix)
