"""Where the figures of a report come from: versions, sources, the command that makes it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from bohwsw.codesign import named_recipe
from bohwsw.errors import BohwswError, SpecError
from bohwsw.report.sources import Source
from bohwsw.shipped import shipped_folder
from bohwsw.tech import TechnologySpec, load_board, technology_of

Data = Mapping[str, Any]


def provenance(source: Source, designs: Sequence[Data]) -> dict[str, Any]:
    """Versions, seed, where each figure comes from, and the command, as far as they are known."""
    settings = source.settings
    told = {key: settings[key] for key in ("versions", "seed") if key in settings}
    command = " ".join(map(shlex.quote, _words(settings)))
    technology = settings.get("space", {})
    if isinstance(technology, Mapping) and "technology" in technology:
        told["technology"] = technology["technology"]
        told["space_source"] = technology.get("source")
    figures = [
        [name, figure["unit"], _origin(name, source, designs[0])]
        for name, figure in (designs[0]["figures"].items() if designs else ())
    ]
    return {
        "name": source.name,
        **told,
        **({"command": command} if command else {}),
        "figures": figures,
    }


COUNTS = "counted as Timeloop 3.0.3 counts (docs/counting-rules.md)"


def _origin(name: str, source: Source, design: Data) -> str:
    """How a figure is made and whose numbers it is made of."""
    settings = source.settings
    accuracy = settings.get("accuracy", {})
    if name in accuracy.get("figures", ()):
        options = ", ".join(f"{k} {x}" for k, x in accuracy.items() if k not in ("name", "figures"))
        return f"accuracy source {accuracy.get('name')}" + (f" ({options})" if options else "")
    if "fpga" in design:
        return f"model {design['fpga']['engine']} of board {design['fpga']['board']} (docs/fpga.md)"
    prices = _prices(settings)
    if name == "area_mm2":
        return f"sum over levels and units, without DRAM; {prices[1]}"
    if name == "energy_pj":
        return f"sum over actions, {COUNTS}; {prices[0]}"
    if name == "latency_cycles":
        return f"the slowest of array and bandwidths, {COUNTS}"
    clock = settings.get("space", {}).get("clock_mhz")
    at = "" if clock is None else f" at {clock:g} MHz"
    known = {
        "edp_pj_cycles": "energy_pj x latency_cycles",
        "power_mw": f"energy over latency{at}",
        "latency_ms": f"latency_cycles{at}",
    }
    return known.get(name, "a figure of your own, or of the networks (docs/codesign.md)")


def _prices(settings: Data) -> tuple[str, str]:
    """Sources of energies and of areas."""
    templates = settings.get("templates", {})
    space: Any = next(iter(templates.values()), settings.get("space"))
    named = space.get("technology") if isinstance(space, Mapping) else None
    if named is None:
        return ("priced by its technology", "areas of its technology")
    try:
        spec = named if isinstance(named, str) else TechnologySpec.model_validate(named)
        told = technology_of(spec).source
    except (BohwswError, ValueError):  # one's own, which is not loaded here
        return (f"prices of {named}", f"areas of {named}")
    energy, _, area = told.removeprefix("energy: ").partition("; area: ")
    return (energy, area or energy)


# -- the command -----------------------------------------------------------------------------------


def _words(settings: Data) -> Iterator[str]:
    """The words of the command; none of a study that no command makes."""
    space = settings.get("space")
    if not isinstance(space, Mapping) or "networks" not in settings:
        return
    yield from ("bohwsw", "codesign")
    yield from _machines(space)
    even = len({weight for _, weight in settings["networks"]}) == 1
    for name, weight in [] if "accuracy" in settings else settings["networks"]:
        yield from ("--model", name if even else f"{name}={weight:g}")
    objectives = settings.get("objectives", ["edp"])
    if "accuracy" in settings:
        yield from _joint(settings)
    yield from ("--objective", ",".join(objectives))
    own = _board(space)
    for name, limit in settings.get("limits", {}).items():
        if own.get(name) != limit:
            yield from ("--limit", f"{name}={limit!r}")
    yield from _recipe(settings)
    yield from ("--trials", str(settings.get("trials")), "--seed", str(settings.get("seed", 0)))


def _machines(space: Data) -> Iterator[str]:
    if "board" in space:
        yield from ("--board", _board(space)["name"], "--engine", str(space["engine"]))
        return
    name = str(space.get("name"))
    if "cores" in space:
        shipped = (shipped_folder("spaces") / "chips" / f"{name}.yaml").exists()
        name = f"spaces/chips/{name}.yaml" if shipped else f"{name}.yaml"
    yield from ("--space", name)


def _board(space: Data) -> Data:
    """The board of a space, which is told as data or by its name."""
    board = space.get("board", {})
    return load_board(board).model_dump() if isinstance(board, str) else dict(board)


def _recipe(settings: Data) -> Iterator[str]:
    recipe = settings.get("recipe", {})
    name, is_chip = str(recipe.get("name", "best")), "templates" in settings
    if not is_chip and not ("accuracy" in settings and name == "joint"):
        yield from ("--recipe", name)
    usual = None
    with suppress(SpecError):  # a recipe of one's own has no command
        usual = "bayesian" if is_chip else named_recipe(name).strategy
    if recipe.get("strategy", usual) != usual:
        yield from ("--strategy", str(recipe["strategy"]))
    if recipe.get("opening") is None and "evaluations" in recipe:
        yield from ("--evaluations", str(recipe["evaluations"]))


def _joint(settings: Data) -> Iterator[str]:
    """What only searches of a network's knobs have."""
    accuracy, model = dict(settings["accuracy"]), settings.get("model", {})
    yield from ("--model", str(model.get("name", settings["networks"][0][0])))
    yield from ("--accuracy", str(accuracy.pop("name", "")))
    if accuracy.get("model") == model.get("name"):
        del accuracy["model"]
    for name, value in accuracy.items():
        if value != [] and name != "figures":
            text = f"[{', '.join(map(str, value))}]" if isinstance(value, list) else value
            yield from ("--accuracy-option", f"{name}={text}")
    if "measurements" in settings:
        yield from ("--measurements", str(settings["measurements"]))
    each = settings.get("each", {})
    for name, value in settings.get("fixed", {}).items():
        if name not in each:
            yield from ("--knob" if name in model.get("knobs", {}) else "--set", f"{name}={value}")
    for name, values in each.items():
        yield from ("--each", f"{name}={','.join(map(str, values))}")
    for text in settings.get("constraints", ()):
        yield from ("--constraint", text)
    for name in settings.get("fidelities", {}):
        yield from ("--fidelity", name)
    if "reward" in settings:
        yield from ("--reward", settings["reward"]["kind"])
        for name, value in settings["reward"]["targets"].items():
            yield from ("--target", f"{name}={value!r}")
