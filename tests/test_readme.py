"""What the README and the examples show, run as it stands there (with small budgets added)."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path

import numpy as np
import onnx
import pytest
from typer.testing import CliRunner

from bohwsw.cli.app import app
from bohwsw.codesign import best_recipe

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BUDGETS = {
    "codesign": ["--trials", "2", "--evaluations", "100", "--final-seconds", "0.1"],
    "map": ["--evaluations", "300", "--gap", "0.5"],
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def commands() -> list[list[str]]:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("bohwsw")]


def _save_network(path: Path) -> None:
    """One convolution of a batch that is left open."""
    sizes = {"x": ["batch", 3, 8, 8], "y": ["batch", 4, 6, 6]}
    x, y = (onnx.helper.make_tensor_value_info(n, 1, shape) for n, shape in sizes.items())
    weights = onnx.numpy_helper.from_array(np.zeros((4, 3, 3, 3), np.float32), "w")
    node = onnx.helper.make_node("Conv", ["x", "w"], ["y"])
    graph = onnx.helper.make_graph([node], "one", [x], [y], [weights])
    opset = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), path)


def test_the_commands_of_the_readme_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _save_network(tmp_path / "my.onnx")
    found = commands()
    assert {command[0] for command in found} >= {"codesign", "map", "evaluate", "spaces", "models"}
    for command in found:
        result = CliRunner().invoke(app, [*command, *BUDGETS.get(command[0], [])])
        assert result.exit_code == 0, result.output


def test_the_python_of_the_readme_works_and_is_short(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = blocks("python")
    assert len(code.splitlines()) < 20
    assert "final_seconds=5.0" in code
    code = code.replace("final_seconds=5.0", "final_seconds=0.1")
    exec(compile(code, "README.md", "exec"), {})
    assert "below Eyeriss" in capsys.readouterr().out


def test_the_make_targets_of_the_readme_exist() -> None:
    targets = re.findall(r"^make (\w+)", "\n".join(blocks("sh")), flags=re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert set(targets) == {"demo", "test"}
    for target in targets:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)


def test_every_file_that_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    for link in links:
        assert (ROOT / link).exists(), link


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.stem)
def test_the_examples_run(
    example: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = best_recipe().changed(evaluations=500)
    monkeypatch.setattr("bohwsw.codesign.problem.best_recipe", lambda: quick)
    runpy.run_path(str(example), run_name="__main__")
    assert capsys.readouterr().out.strip()
