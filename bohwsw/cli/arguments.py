"""Arguments of the form NAME=VALUE, as they are written on the command line."""

from __future__ import annotations

from pathlib import Path

from bohwsw.errors import SpecError

Plain = bool | int | float | str


def assignments(texts: list[str], option: str = "--set") -> dict[str, Plain]:
    """``["mesh_x=42", "filter_width_whole=false"]`` as values; the types are those of YAML.

    Raises:
        SpecError: one of them is not an assignment to the option.
    """
    from bohwsw.yamlfile import parse_yaml

    values: dict[str, Plain] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise SpecError("not an assignment", key_path=option, got=text, expected="NAME=VALUE")
        parsed = parse_yaml(value, file=option)
        if not isinstance(parsed, Plain):
            raise SpecError("not a value", key_path=option, got=value, expected="a plain value")
        values[name.strip()] = parsed
    return values


def limits(texts: list[str]) -> dict[str, Plain]:
    """``["area_mm2=12", "power_mw=300"]`` by name; whether these are any limits is not checked."""
    values = assignments(texts, "--limit")
    if len(values) < len(texts):
        raise SpecError("a limit is given twice", key_path="--limit", got=texts)
    return values


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
