"""One space of knobs and parameters: constraints among both, fixed values, clear refusals."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from small_space import small_space
from toy_model import TOY, toy_model

from bohwsw.codesign import space_from_dict
from bohwsw.errors import SpecError
from bohwsw.joint import JointSpace
from bohwsw.workload import model_from_dict


def joint(**options: object) -> JointSpace:
    return JointSpace(toy_model(), space_from_dict(small_space()), **options)  # type: ignore[arg-type]


def test_it_has_every_network_on_every_machine() -> None:
    both = joint()
    machines = both.machines.space
    assert machines is not None
    assert both.model.space is not None
    assert both.space.size().count == both.model.space.size().count * machines.size().count


def test_a_constraint_ties_knobs_to_parameters() -> None:
    tied = joint(constraints=["weight_bits == 8 or entries >= 4"])
    rows = tied.space.all_rows(1_000_000)
    assert rows is not None
    points = [tied.space.point(row) for row in rows]
    assert {p["entries"] for p in points if p["weight_bits"] == 4} == {4, 5, 6, 7, 8}
    assert {p["entries"] for p in points if p["weight_bits"] == 8} == set(range(1, 9))


def test_what_is_fixed_has_one_value() -> None:
    fixed = joint(knobs={"width": 2.0}, parameters={"entries": 3})
    point = fixed.point({"depth": 2})
    assert (point["width"], point["entries"], point["depth"]) == (2, 3, 2)
    assert isinstance(point["width"], int)
    with pytest.raises(SpecError, match="width"):
        fixed.space.valid_row({**point, "width": 4})


def test_a_fixed_choice_leaves_constraints_that_speak_of_others() -> None:
    data = copy.deepcopy(TOY)
    data["knobs"]["operator"] = {"choices": ["conv", "separable"]}
    data["constraints"].append("depth > 0 or operator == 'conv'")
    data["default"]["operator"] = "conv"
    data["layers"][2]["when"] = "operator == 'conv'"
    machines = space_from_dict(small_space())
    fixed = {"row_whole": False, "flow": "outputs"}
    only = JointSpace(model_from_dict(data), machines, {"operator": "separable"}, fixed)
    points = only.space.sample(20, np.random.default_rng(0))
    assert {(p["operator"], p["row_whole"], p["flow"]) for p in points} == {
        ("separable", False, "outputs")
    }
    assert all(p["depth"] > 0 for p in points)


def test_a_point_is_split_into_network_and_machine() -> None:
    knobs, machine = joint().split(joint().point({}))
    assert knobs == TOY["default"]
    assert machine == small_space()["baseline"]["point"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"knobs": {"wdith": 2}}, "nearest:  width"),
        ({"knobs": {"width": 3}}, "width"),
        ({"parameters": {"mesh": 3}}, "mesh_x"),
        ({"constraints": ["width <= no_such"]}, "no_such"),
        ({"constraints": ["width > 100"]}, "no point"),
    ],
)
def test_what_is_wrong_is_said(options: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        joint(**options).space  # noqa: B018 - raises


def test_a_knob_may_not_have_the_name_of_a_parameter() -> None:
    space = small_space()
    space["parameters"]["width"] = {"values": [1, 2]}
    space["baseline"]["point"]["width"] = 1
    with (
        pytest.warns(UserWarning, match="width"),
        pytest.raises(SpecError, match=r"(?s)one name.*another name"),
    ):
        JointSpace(model_from_dict(TOY), space_from_dict(space))


def test_a_machine_runs_the_network_at_each_value_of_a_knob() -> None:
    both = joint(each={"depth": [0, 2.0], "weight_bits": (4, 8)}, knobs={"width": 4})
    point = both.point({"entries": 3})
    assert (point["depth"], point["weight_bits"]) == (0, 4)
    networks = both.networks(both.split(point)[0])
    assert networks.names == ("toy-0-4", "toy-0-8", "toy-2-4", "toy-2-8")
    alone = [toy_model().network({"width": 4, "depth": d, "weight_bits": 8}) for d in (0, 2)]
    assert [networks.networks[k].macs for k in (1, 3)] == [network.macs for network in alone]
    assert networks.weights == (0.25,) * 4
    macs = both.space.features
    assert macs is not None
    columns = {name: np.array([value]) for name, value in point.items()}
    ln_macs = np.mean([np.log(network.macs) for network in alone])
    assert macs.function(columns)[0, 0] == pytest.approx(ln_macs)


def test_constraints_hold_at_each_value() -> None:
    both = joint(each={"depth": [0, 2]})
    assert {point["width"] for point in both.space.sample(60, np.random.default_rng(0))} == {2, 4}
    with pytest.raises(SpecError, match=r"width \* depth <= 8 at depth = 2"):
        both.point({"width": 8})


def test_values_for_each_are_checked() -> None:
    with pytest.raises(SpecError, match="width"):
        joint(each={"widht": [2, 4]})
    for values in ([2], [2, 2], "24", 4):
        with pytest.raises(SpecError, match="two different values") as error:
            joint(each={"width": values})
        assert error.value.key_path == "width"
    with pytest.raises(SpecError, match="5"):
        joint(each={"width": [2, 5]})
