"""Names and paths that find a specification."""

from __future__ import annotations

from pathlib import Path

import pytest

from bohwsw import shipped
from bohwsw.errors import BohwswError, SpecError
from bohwsw.shipped import find_spec, shipped_folder, shipped_names


def test_every_shipped_name_finds_its_file() -> None:
    names = shipped_names("models")
    assert names == sorted(names)
    assert {"resnet18", "mobilenet-v2", "gpt2-decode"} <= set(names)
    for name in names:
        assert find_spec("models", name) == shipped_folder("models") / f"{name}.yaml"


@pytest.mark.parametrize("path", ["mine.yaml", "mine.YML", "./mine", "a/b", "..\\mine"])
def test_what_looks_like_a_path_is_the_users_own(path: str) -> None:
    assert find_spec("models", path) == Path(path)
    assert find_spec("spaces", Path("resnet18")) == Path("resnet18")


def test_an_unknown_name_gets_the_nearest_and_all() -> None:
    with pytest.raises(SpecError, match="unknown model") as caught:
        find_spec("models", "ResNet-18")
    assert caught.value.got == "ResNet-18"
    assert caught.value.nearest == "resnet18"
    assert "bert-base-layer" in str(caught.value)


def test_an_installed_wheel_is_searched_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "site-packages" / "bohwsw" / "shipped"
    (inside / "models").mkdir(parents=True)
    (inside / "models" / "only.yaml").write_text("name: only")
    monkeypatch.setattr(shipped, "__file__", str(inside / "__init__.py"))
    assert shipped_names("models") == ["only"]
    with pytest.raises(BohwswError, match="lost its folder of spaces"):
        shipped_names("spaces")
