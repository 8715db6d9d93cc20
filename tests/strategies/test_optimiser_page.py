"""The example on the optimiser's page runs as it stands there."""

import pathlib
import re


def test_the_example_runs(capsys):
    page = pathlib.Path(__file__).parents[2] / "docs" / "optimiser.md"
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(code, str(page), "exec"), {})
    assert "'x': " in capsys.readouterr().out
