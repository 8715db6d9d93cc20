"""The tables of formats on the pages: every key of a file, from the validator that reads it.

A page says ``<!-- keys of bohwsw.arch.machine_file.LevelSpec -->``; the table after that is written
by ``python docs/figures.py`` (``own keys``: without those of the class that it inherits from).
What a key means stands at the validator's field after ``#:``, its unit at the end in brackets.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import textwrap
from pathlib import Path
from typing import Any

import pydantic

from bohwsw.codesign import figures as known_figures

PLACE = re.compile(r"<!-- (own )?keys of ([\w.]+) -->\n\n(?:\|.*\n)*", re.MULTILINE)
FIGURES = re.compile(r"<!-- figures -->\n\n(?:\|.*\n)*")
MACHINES = re.compile(r"<!-- machines of (\S+) -->\n\n```text\n(?:.*\n)*?```\n")
WORDS = {"integer": "whole number", "boolean": "true or false", "string": "text", "null": ""}


def with_tables(page: str) -> str:
    """A page with each of its tables made anew."""
    page = FIGURES.sub(lambda _: "<!-- figures -->\n\n" + figures(), page)
    return PLACE.sub(lambda m: m[0].partition("\n\n")[0] + "\n\n" + table(m[2], bool(m[1])), page)


def figures() -> str:
    """The figures of designs, as they are registered."""
    rows = ["| Figure | Unit | As an objective | Better |", "| --- | --- | --- | --- |"]
    for figure in known_figures.FIGURES.values():
        better = "larger" if figure.maximised else "smaller"
        rows.append(f"| `{figure.name}` | {figure.unit} | `{figure.objective}` | {better} |")
    return "\n".join(rows).replace("|  |", "| |") + "\n"


def with_machines(page: str, root: Path) -> str:
    """A page with the table of the machines of a report made anew."""

    def made(found: re.Match[str]) -> str:
        html = (root / found[1]).read_text(encoding="utf-8")
        data = re.search(r'<script[^>]*id="?data"?[^>]*>(.*?)</script>', html, re.DOTALL)
        assert data is not None
        return f"<!-- machines of {found[1]} -->\n\n```text\n{machines(json.loads(data[1]))}```\n"

    return MACHINES.sub(made, page)


def machines(report: dict[str, Any]) -> str:
    """The design of a report beside its references, and what is proven of it."""
    best = report["designs"][0]
    baseline, free = report["references"]
    whole = baseline["figures"]["edp_pj_cycles"]["value"]
    rows = [f"{'':24}{'pJ x cycles':>12}{'cycles':>12}{'uJ':>8}{'mm2':>6}{'less EDP':>10}"]
    for name, design in (("Eyeriss", baseline), ("its dataflow free", free), ("found", best)):
        values = [
            design["figures"][x]["value"]
            for x in ("edp_pj_cycles", "latency_cycles", "energy_pj", "area_mm2")
        ]
        edp, cycles, energy, area = values
        row = f"{name:24}{edp:12.3e}{cycles:12,}{energy / 1e6:8,.0f}{area:6.2f}"
        rows.append(f"{row}{1 - edp / whole:10.1%}" if edp != whole else row)
    rows.append(f"{'none below, on it':24}{best['bound']:12.3e}")
    return "\n".join(rows) + "\n"


def table(name: str, own: bool = False) -> str:
    """The keys of a validator: what they take, what stands for them if absent, unit, meaning."""
    module, _, kind = name.rpartition(".")
    model: type[pydantic.BaseModel] = getattr(importlib.import_module(module), kind)
    schema = model.model_json_schema()
    schema = schema if "properties" in schema else schema["$defs"][model.__name__]
    told = meanings(model)
    rows = ["| Key | Value | Default | Unit | Meaning |", "| --- | --- | --- | --- | --- |"]
    for name, field in model.model_fields.items():
        if own and name not in model.__annotations__:
            continue
        meaning, _, unit = told[name].removesuffix("]").partition(" [")
        cells = [f"`{name}`", _kind(schema["properties"][name]), _default(field), unit, meaning]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows).replace("|  |", "| |").replace("|  |", "| |") + "\n"


def meanings(model: type[pydantic.BaseModel]) -> dict[str, str]:
    """What each field's ``#:`` says, those of classes that it inherits from included."""
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if kind is pydantic.BaseModel or not issubclass(kind, pydantic.BaseModel):
            continue
        lines = textwrap.dedent(inspect.getsource(kind)).splitlines()
        (definition,) = ast.parse("\n".join(lines)).body
        assert isinstance(definition, ast.ClassDef)
        for node in definition.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                above = node.lineno - 1
                while lines[above - 1].strip().startswith("#:"):
                    above -= 1
                comments = [x.partition("#:")[2] for x in lines[above : node.end_lineno]]
                found[node.target.id] = " ".join(x.strip() for x in comments if x.strip())
    return found


def _default(field: Any) -> str:
    if field.is_required():
        return "**needed**"
    default = field.get_default(call_default_factory=True)
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, int | float):
        return f"`{default:g}`"
    if isinstance(default, tuple) and default:
        return f"`[{', '.join(map(str, default))}]`"
    return f"`{default}`" if isinstance(default, str) and default else ""


def _kind(schema: dict[str, Any]) -> str:
    """What a value may be, spelled as YAML would spell it."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        words = re.findall("[A-Z][a-z]+", name)
        return f"*{' '.join(x for x in words if x not in ('Spec', 'Entry')).lower()}*"
    if values := schema.get("enum") or [schema[x] for x in ("const",) if x in schema]:
        return f"one of `{' '.join(map(str, values))}`"
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return _one_of(choices)
    kind = schema.get("type", "anything")
    if kind == "array" and "prefixItems" in schema:
        return f"[{', '.join(map(_kind, schema['prefixItems']))}]"
    if kind == "array":
        return f"[{_kind(schema['items'])}, ...]"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"by name: {_kind(values) if isinstance(values, dict) else 'anything'}"
    return WORDS.get(kind, kind) + _bounds(schema)


def _one_of(choices: list[dict[str, Any]]) -> str:
    kinds = {x.get("type") for x in choices if "enum" not in x}
    numbers = kinds & {"integer", "number"}
    told = []
    for choice in choices:
        kind = "" if "enum" in choice else choice.get("type")
        if kind == "string" and numbers and "boolean" not in kinds:
            told.append("expression")
        elif word := "" if kind == "integer" and "number" in kinds else _kind(choice):
            told.append(word)
    if "boolean" in kinds:
        told[0] = "true, false"
        return ", ".join(told[:-1]) + f" or {told[-1]}"
    return " or ".join(dict.fromkeys(told))


def _bounds(schema: dict[str, Any]) -> str:
    if "exclusiveMinimum" in schema:
        return f" above {schema['exclusiveMinimum']:g}"
    if "minimum" not in schema:
        return ""
    low, high = schema["minimum"], schema.get("maximum")
    if high is None:
        return f" from {low:g}"
    exact = int(high).bit_length() - 1
    return f" from {low:g} to " + (f"2^{exact}" if high == 2**exact > 1000 else f"{high:g}")
