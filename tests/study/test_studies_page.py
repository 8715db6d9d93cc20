"""The examples on the page about studies run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "studies.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize(
    ("example", "shown"),
    list(
        zip(
            EXAMPLES,
            ["trial_status", "FidelityExplanation(cost=", "'kbytes': 64", "15 {'pes':"],
            strict=True,
        )
    ),
)
def test_an_example_runs(
    example: str,
    shown: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(example, str(PAGE), "exec"), {})
    assert shown in capsys.readouterr().out
