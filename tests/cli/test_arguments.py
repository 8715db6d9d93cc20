"""Arguments of the form NAME=VALUE."""

from __future__ import annotations

from pathlib import Path

import pytest

from bohwsw.cli.arguments import assignments, limits, study_folder, weighted_models
from bohwsw.errors import SpecError


def test_values_have_the_types_of_yaml() -> None:
    values = assignments(["a=1", "b = 2.5", "c=false", "d=text", "e=x=y"])
    assert values == {"a": 1, "b": 2.5, "c": False, "d": "text", "e": "x=y"}


def test_a_weight_follows_the_last_equals_sign() -> None:
    assert weighted_models(["resnet18", "mlp=2", "nets/a=b.yaml", "nets/a=b.yaml=0.5"]) == [
        ("resnet18", 1.0),
        ("mlp", 2.0),
        ("nets/a=b.yaml", 1.0),
        ("nets/a=b.yaml", 0.5),
    ]
    for text in ("mlp=", "mlp=two", "mlp=2=x"):
        with pytest.raises(SpecError, match="NAME_OR_FILE=WEIGHT"):
            weighted_models([text])


def test_a_limit_is_given_once() -> None:
    assert limits(["area_mm2=12", "power_mw=0.5"]) == {"area_mm2": 12, "power_mw": 0.5}
    with pytest.raises(SpecError, match="twice"):
        limits(["area_mm2=12", "area_mm2=11"])


def test_the_folder_names_space_and_models() -> None:
    folder = study_folder("my/array.yaml", [("mlp", 1.0), ("nets/tiny.yaml", 2.0)])
    assert folder == Path("results/array-mlp-tiny")
