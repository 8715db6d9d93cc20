"""The Python of docs/imports.md runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOC = (Path(__file__).resolve().parents[2] / "docs" / "imports.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", DOC, flags=re.DOTALL)


def test_networks_come_from_sizes_and_from_torch(capsys: pytest.CaptureFixture[str]) -> None:
    sizes, module = (
        next(block for block in BLOCKS if name in block) for name in ("from_sizes", "from_torch")
    )
    exec(compile(sizes, "docs/imports.md", "exec"), {})
    prefill, decode, unique = capsys.readouterr().out.split()
    assert int(prefill) > 100 * int(decode) > 0
    assert int(unique) > 3
    exec(compile(module, "docs/imports.md", "exec"), {})
    assert capsys.readouterr().out.split()[0] == str(32 * 32 * 8 * 3 * 9 + 30 * 30 * 8 * 8 * 9)
