"""The examples on the optimiser's page run as they stand there."""

import pathlib
import re

import pytest

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "optimiser.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize(
    ("example", "shown"),
    list(
        zip(
            EXAMPLES, ["'x': ", "about ", "'name': ", "area_mm2 <= 12", "error_ratio="], strict=True
        )
    ),
)
def test_an_example_runs(example, shown, capsys):
    exec(compile(example, str(PAGE), "exec"), {})
    assert shown in capsys.readouterr().out
