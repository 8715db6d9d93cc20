"""The example of docs/fidelities.md runs as it stands there."""

import pathlib
import re

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "fidelities.md"


def test_the_example_runs(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(example, str(PAGE), "exec"), {})
    assert "'epochs': 27}" in capsys.readouterr().out
