"""Arguments of the form NAME=VALUE, as they are written on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from bohwsw.errors import SpecError

Plain = bool | int | float | str


def assignments(texts: list[str] | None, option: str = "--set") -> dict[str, Plain]:
    """``["mesh_x=42", "filter_width_whole=false"]`` as values; the types are those of YAML.

    Raises:
        SpecError: one of them is not an assignment to the option.
    """
    values: dict[str, Plain] = {}
    for name, value, parsed in _parsed(texts or (), option, "not an assignment"):
        if not isinstance(parsed, Plain):
            raise SpecError("not a value", key_path=option, got=value, expected="a plain value")
        values[name] = parsed
    return values


def _parsed(texts: Iterable[str], option: str, problem: str) -> Iterator[tuple[str, str, Any]]:
    """Each text of the form NAME=VALUE: the name, the value as it is written, and as YAML."""
    from bohwsw.yamlfile import parse_yaml

    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise SpecError(problem, key_path=option, got=text, expected="NAME=VALUE")
        yield name.strip(), value, parse_yaml(value, file=option)


def limits(texts: list[str]) -> dict[str, Plain]:
    """``["area_mm2=12", "power_mw=300"]`` by name; whether these are any limits is not checked."""
    values = assignments(texts, "--limit")
    if len(values) < len(texts):
        raise SpecError("a limit is given twice", key_path="--limit", got=texts)
    return values


def lists(texts: list[str], option: str) -> dict[str, list[Plain]]:
    """``["phase=prefill,decode"]`` as lists of values by name."""
    found = {}
    for text in texts:
        name, equals, values = text.partition("=")
        each = [assignments([f"{name}{equals}{value}"], option) for value in values.split(",")]
        found[name.strip()] = [next(iter(one.values())) for one in each]
    return found


def weighted_models(texts: list[str]) -> list[tuple[str, float]]:
    """``["resnet18", "bert-base-layer=2"]`` as models with weights, 1 by default.

    A file whose name ends in ``.yaml``, ``.yml`` or ``.onnx`` may have an equals sign in its path.
    """
    models = []
    for text in texts:
        name, equals, weight = text.rpartition("=")
        if not equals or text.lower().endswith((".yaml", ".yml", ".onnx")):
            models.append((text, 1.0))
            continue
        try:
            models.append((name, float(weight)))
        except ValueError:
            raise SpecError(
                "not a weight of a model",
                key_path="--model",
                got=text,
                expected="NAME_OR_FILE=WEIGHT, the weight a number above 0",
            ) from None
    return models


def study_folder(space: str, models: list[tuple[str, float]]) -> Path:
    """Where the results go if nothing is said: ``results/SPACE-MODEL`` with all models."""
    return Path("results") / "-".join(Path(name).stem for name in (space, *(m for m, _ in models)))


def start(text: str) -> Path | dict[str, Plain]:
    """``width=8,depth=2`` as values; the path of a result, or of its folder, as that."""
    is_path = Path(text).exists() or "=" not in text
    return Path(text) if is_path else assignments(text.split(","), "--start")


def source_options(texts: list[str] | None, option: str = "--accuracy-option") -> dict[str, object]:
    """``["path=table.csv", "knobs=[width, depth]"]`` as options of an accuracy source."""
    found = _parsed(texts or (), option, "not an option")
    return {name: tuple(x) if isinstance(x, list) else x for name, _, x in found}


def accuracy(text: str) -> Any:
    """The name of an accuracy source; or the source or function that ``package.module:name`` is.

    Raises:
        SpecError: there is no such module, or nothing of that name in it.
    """
    module, colon, name = text.partition(":")
    if not colon:
        return text
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        expected = f"a name, or package.module:function; {error}"
        problem = "not an accuracy source"
        raise SpecError(problem, key_path="--accuracy", got=text, expected=expected) from error
