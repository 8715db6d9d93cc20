"""The map space of a layer as a design space: the same mappings, the same validity, other words."""

from __future__ import annotations

import numpy as np
import pytest

from bohwsw.codesign import paper_recipe
from bohwsw.errors import NoValidMappingError, SpecError
from bohwsw.mapper.annealing import AnnealingMapper
from bohwsw.mapping.dataflow import Dataflow, LevelDataflow
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.mapping.validity import violations
from bohwsw.mapping_search import MappingSpace, SequentialMapper
from bohwsw.mapping_search.mapping_features import mapping_features
from bohwsw.simulator.reference import simulate
from bohwsw.space import Space
from bohwsw.strategies import Outcome, TrialState, strategy
from bohwsw.strategies.published.robust import Neighbourhood
from bohwsw.testing.small_map_spaces import costs, machine
from bohwsw.workload import Layer

LAYER = Layer("strided", K=8, C=6, P=6, Q=4, R=3, stride_w=2)
MACHINE = machine(glb=100, spad=9, mesh=(4, 3))
COSTS = costs(3)


@pytest.fixture(scope="module")
def known() -> MappingSpace:
    return MappingSpace(LAYER, MACHINE)


@pytest.fixture(scope="module")
def hidden() -> MappingSpace:
    return MappingSpace(LAYER, MACHINE, known_capacity=False)


def draw(space: MappingSpace, n: int, seed: int = 0) -> np.ndarray:
    return space.sample_rows(n, np.random.default_rng(seed))


@pytest.mark.parametrize("even", [False, True])
def test_samples_and_neighbours_are_valid(even: bool) -> None:
    space = MappingSpace(LAYER, MACHINE, even=even)
    rows = draw(space, 60)
    near = np.concatenate([space.neighbour_rows(row)[::9] for row in rows[:5]])
    assert len(near) > 50
    assert space.evaluate(np.concatenate([rows, near]), COSTS).valid.all()
    for row in (*rows[:10], *near[:10]):
        point = space.point(row)
        assert space.violations(point) == ()
        assert violations(LAYER, MACHINE, space.mapping_of(point)) == ()
        np.testing.assert_array_equal(space.row(point), row)


def test_samples_depend_on_the_generator_only(known: MappingSpace) -> None:
    np.testing.assert_array_equal(draw(known, 5, seed=3), draw(known, 5, seed=3))
    assert (draw(known, 5, seed=3) != draw(known, 5, seed=4)).any()


def test_many_rows_cost_what_the_scalar_simulator_says(known: MappingSpace) -> None:
    rows = draw(known, 30)
    edps = known.evaluate(rows, COSTS).edp_pj_cycles
    for row, edp in zip(rows, edps, strict=True):
        mapping = known.mapping_of(known.point(row))
        assert simulate(LAYER, MACHINE, mapping, COSTS).edp_pj_cycles == pytest.approx(edp)


def test_rows_of_mappings_are_those_they_came_from(known: MappingSpace) -> None:
    rows = draw(known, 50)
    np.testing.assert_array_equal(known.rows(known.mappings(rows)), rows)


def test_the_point_of_a_mapping(known: MappingSpace) -> None:
    """A mapper's best has loops in any order; its point costs the same."""
    found = AnnealingMapper().search(known.map_space, COSTS, evaluations=3000)
    point = known.point_of(found.mapping)
    edp = float(known.evaluate(known.row(point)[None, :], COSTS).edp_pj_cycles[0])
    assert edp == pytest.approx(found.evaluation.edp_pj_cycles)
    row = draw(known, 1)[0]
    mapping = known.mapping_of(known.point(row))
    assert known.mapping_of(known.point_of(mapping)) == mapping


def test_a_mapping_that_is_no_point_is_refused(known: MappingSpace) -> None:
    whole = tuple((dim, size) for dim, size in LAYER.sizes.items() if size > 1)
    every = frozenset({"Weights", "Inputs", "Outputs"})
    none: frozenset[str] = frozenset()
    inside = Mapping((LevelNest(), LevelNest(keep=every), LevelNest(whole, keep=none)))
    with pytest.raises(SpecError, match="not valid"):
        known.point_of(inside)
    barred = Mapping((LevelNest(whole), LevelNest(keep=none), LevelNest(keep=every)))
    with pytest.raises(SpecError, match="not in the map space"):
        known.point_of(barred)  # the scratchpad cannot hold Outputs
    with pytest.raises(SpecError, match="multiply"):
        known.point_of(Mapping((LevelNest(), LevelNest(keep=none), LevelNest(keep=none))))
    outside = Mapping((LevelNest(whole), LevelNest(keep=none), LevelNest(keep=none)))
    assert known.mapping_of(known.point_of(outside)) == outside


def test_hidden_capacity_is_learned_from_evaluations(
    known: MappingSpace, hidden: MappingSpace
) -> None:
    rows = draw(hidden, 300)
    valid = hidden.evaluate(rows, COSTS).valid
    assert 0.02 < valid.mean() < 0.9
    for row, fits in zip(rows[:60], valid, strict=False):
        point = hidden.point(row)
        broken = violations(LAYER, MACHINE, hidden.mapping_of(point))
        assert {violation.constraint for violation in broken} == (set() if fits else {"capacity"})
        assert (known.violations(point) == ()) == bool(fits)


def test_encodings(known: MappingSpace) -> None:
    rows = draw(known, 200)
    features = known.encode_rows(rows)
    np.testing.assert_array_equal(
        np.argsort(features[:, 0], kind="stable"),
        np.argsort(mapping_features(known.codec, known.mappings(rows))[:, 0], kind="stable"),
    )
    raw = MappingSpace(LAYER, MACHINE, encoding="raw")
    plain = Space(raw.parameters, [constraint.text for constraint in raw.constraints])
    np.testing.assert_array_equal(raw.encode_rows(rows), plain.encode_rows(rows))
    assert raw.width != known.width == features.shape[1]


def test_restrictions_leave_less_to_choose() -> None:
    flow = Dataflow(
        {
            "GLB": LevelDataflow(keep=frozenset({"Inputs"}), bypass=frozenset({"Weights"})),
            "Spad": LevelDataflow(whole=frozenset("R"), keep=frozenset({"Weights", "Inputs"})),
        }
    )
    space = MappingSpace(LAYER, MACHINE, flow)
    assert [name for name in space.names if name.startswith("keep")] == ["keep_GLB_Outputs"]
    assert "tile_R" not in space.names
    batch = space.mappings(draw(space, 40))
    assert not batch.keep[:, 1, 0].any()
    assert batch.keep[:, 2, :2].all()
    assert space.evaluate(draw(space, 40), COSTS).valid.all()


def test_usage_is_what_the_paper_names_and_features_know_words_too() -> None:
    features, usage = MappingSpace(LAYER, MACHINE), MappingSpace(LAYER, MACHINE, encoding="usage")
    more = set(features.encoding_names) - set(usage.encoding_names)
    assert more == {"words_GLB", "words_Spad"}
    assert set(usage.encoding_names) < set(features.encoding_names)
    rows = features.sample_rows(3, np.random.default_rng(0))
    assert usage.encode_rows(rows).shape == (3, features.width - len(more))
    mapper = paper_recipe().mapper
    assert isinstance(mapper, SequentialMapper)
    assert mapper.encoding == "usage"


def test_a_level_whose_tile_never_changes_limits_nothing() -> None:
    row = frozenset("R")
    kept = LevelDataflow(temporal=row, whole=row, keep=frozenset({"Weights", "Inputs"}))
    space = MappingSpace(Layer("row", K=8, R=3), MACHINE, Dataflow({"Spad": kept}))
    assert space.evaluate(draw(space, 5), COSTS).valid.all()


def test_bad_arguments() -> None:
    with pytest.raises(SpecError, match="unknown encoding"):
        MappingSpace(LAYER, MACHINE, encoding="pictures")  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="Scratch"):
        MappingSpace(LAYER, MACHINE, Dataflow({"Scratch": LevelDataflow()}))
    tight = Dataflow({"Spad": LevelDataflow(whole=frozenset("CR"), keep=frozenset({"Weights"}))})
    with pytest.raises(NoValidMappingError, match="Spad"):
        MappingSpace(LAYER, MACHINE, tight)


def test_mappings_that_are_good_with_those_a_step_away(known: MappingSpace) -> None:
    options = {"aggregate": "worst", "neighbours": 6, "n_initial": 6, "pool": 30}
    search = strategy("robust", known, 0, **options)
    for _ in range(9):
        (point,) = search.ask()
        edp = float(known.evaluate(known.row(point)[None, :], COSTS).edp_pj_cycles[0])
        search.tell(point, Outcome(TrialState.COMPLETED, float(np.log(edp))))
    assert search.best in search.history
    near = Neighbourhood(known, most=6)(known.row(search.best.point))
    assert len(near) == 7
    assert known.evaluate(near, COSTS).valid.all()
