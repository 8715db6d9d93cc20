"""The rooms of the package import one way only, importing it is cheap, and extras stay extras."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "bohwsw"

BASE = {
    "errors",
    "yamlfile",
    "schema_errors",
    "shipped",
    "clock",
    "compiled",
    "lazy_face",
    "aggregates",
    "arrays",
    "folder_lock",
    "atomicfile",
    "divisors",
    "checks",
    "provenance",
    "worker_main",
    "summary",
    "notebook",
}
"""Anyone may import these."""

BELOW: dict[str, set[str]] = {
    "errors": set(),
    "clock": set(),
    "compiled": set(),
    "lazy_face": set(),
    "checks": {"errors"},
    "provenance": {"__init__"},
    "divisors": set(),
    "schema_errors": {"errors"},
    "yamlfile": {"errors", "schema_errors"},
    "shipped": {"errors"},
    "arrays": set(),
    "folder_lock": {"errors"},
    "aggregates": {"arrays", "checks", "errors"},
    "atomicfile": {"errors"},
    "worker_main": {"errors"},
    "summary": set(),
    "notebook": set(),
    "expressions": set(),
    "space": {"expressions"},
    "rows": {"space"},
    "workload": {"expressions", "space"},
    "tech": set(),
    "arch": {"expressions", "tech"},
    "fpga": {"workload", "tech", "space"},
    "accuracy": {"workload", "expressions"},
    "surrogates": {"space"},
    "acquisition": {"surrogates", "space"},
    "strategies": {"acquisition", "surrogates", "space", "expressions"},
    "mapping": {"workload", "arch", "tech", "expressions"},
    "simulator": {"mapping", "workload", "arch", "tech"},
    "mapper": {"simulator", "mapping", "workload", "arch", "tech"},
}
BELOW["scheduling"] = BELOW["mapper"]
BELOW["mapping_search"] = BELOW["mapper"] | {"mapper", "strategies", "space"}
BELOW["codesign"] = set(BELOW) - BASE
BELOW["certificate"] = BELOW["codesign"] | {"codesign"}
BELOW["execution"] = {"strategies"}
BELOW["importers"] = BELOW["codesign"] | {"codesign", "execution"}
BELOW["study"] = BELOW["certificate"] | {"certificate", "execution", "__init__"}
BELOW["exporters"] = BELOW["codesign"] | {"codesign"}
BELOW["chips"] = BELOW["study"] | {"study"}
BELOW["plugins"] = BELOW["study"] | {"study", "exporters"}
BELOW["api"] = BELOW["study"] | {"study"}
BELOW["joint"] = BELOW["api"] | {"api"}
BELOW["report"] = BELOW["joint"] - {"__init__"} | {"joint"}
BELOW["plots"] = BELOW["study"] - {"__init__"} | {"study"}
BELOW["cli"] = BELOW["joint"] | {
    *("joint", "chips", "plugins", "importers", "exporters", "report", "__init__"),
}
BELOW["testing"] = BELOW["cli"] - {"__init__"}
BELOW["__init__"] = set()  # it imports by name, when a name is first used
"""What each room may import, besides ``BASE`` and itself."""


SECOND_FACES = {"bohwsw.space.specification"}
"""Public modules beside a room's face: this one brings pydantic, which the face does without."""


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    """Rooms that a file imports, wherever in the file the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [node.module or ""]
            if node.module == "bohwsw":
                names = [
                    f"bohwsw.{alias.name}"
                    if (PACKAGE / alias.name).exists() or (PACKAGE / f"{alias.name}.py").exists()
                    else "bohwsw.__init__"
                    for alias in node.names
                ]
        found |= {name.split(".")[1] for name in names if name.startswith("bohwsw.")}
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.name))
def test_imports_point_one_way(path: Path) -> None:
    room = room_of(path)
    assert room in BELOW, f"{room} is a new room: say in BELOW what it may import"
    allowed = BELOW[room] | ({room} | BASE if room not in BASE else {room})
    assert imported_rooms(path) <= allowed


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.name))
def test_rooms_are_entered_by_their_face(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("bohwsw."):
            continue
        _, room, *inner = str(node.module).split(".")
        private = inner and room != room_of(path) and node.module not in SECOND_FACES
        if inner and inner[-1].endswith("_kernel") and path.stem.endswith("_kernel"):
            continue  # compiled code calls compiled code, whatever the room
        assert not private, f"import from bohwsw.{room} instead of {node.module}"


def test_the_allowed_directions_have_no_cycle() -> None:
    for room, below in BELOW.items():
        for other in below:
            assert room not in BELOW[other], f"{room} and {other} may import each other"


def test_nothing_hides_behind_type_checking() -> None:
    assert not [p for p in PACKAGE.rglob("*.py") if "TYPE_CHECKING" in p.read_text("utf-8")]


def modules_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = {"torch", "numba", "numpy", "pydantic", "scipy", "rich", "typer"}
    assert not modules_after("import bohwsw") & heavy


def test_the_command_line_answers_version_without_torch_or_numba() -> None:
    assert not modules_after("import bohwsw.cli.app") & {"torch", "numba", "botorch"}


@pytest.mark.parametrize(
    "modules",
    [
        "bohwsw.api, bohwsw.codesign.design_file, bohwsw.simulator.cases",
        "bohwsw.study.client, bohwsw.cli.codesign_command",
    ],
)
def test_what_needs_no_model_of_an_objective_does_without_torch(modules: str) -> None:
    assert not modules_after(f"import {modules}") & {"torch", "botorch", "gpytorch"}


def test_mapping_loads_no_studies_and_no_strategies() -> None:
    loaded = modules_after("import bohwsw.api, bohwsw.cli.app, bohwsw.cli.mapping_command")
    rooms = {name.rpartition(".")[0] for name in loaded}
    assert not rooms & {"bohwsw.study", "bohwsw.execution"}
    assert not rooms & {"bohwsw.strategies", "bohwsw.acquisition", "bohwsw.surrogates"}


def test_every_public_name_can_be_loaded() -> None:
    import bohwsw

    for name in bohwsw.__all__:
        assert getattr(bohwsw, name) is not None


def test_no_public_name_is_also_a_room() -> None:
    import bohwsw

    rooms = {path.name.removesuffix(".py") for path in PACKAGE.iterdir()}
    assert not rooms & set(bohwsw.__all__)
