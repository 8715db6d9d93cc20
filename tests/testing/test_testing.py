"""The conformance classes that ship with the package: what they need, and that they notice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import bohwsw.testing

OWN = """
from bohwsw.strategies import Strategy

class Mine(Strategy):
    def _suggest(self, rng):
        return self._fresh_rows({n}, rng)[0]
"""
TEST = """
from bohwsw.testing import StrategyConformance

class TestMine(StrategyConformance):
    name = "my_strategy:Mine"
"""


def test_every_name_can_be_loaded() -> None:
    for name in bohwsw.testing.__all__:
        assert getattr(bohwsw.testing, name).__name__ == name


def test_without_pytest_it_says_what_is_missing() -> None:
    code = (
        "import sys; sys.modules['pytest'] = None\n"
        "import bohwsw.testing\n"
        "try:\n    from bohwsw.testing import StrategyConformance\n"
        "except ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "bohwsw.testing.StrategyConformance needs pytest: pip install pytest\n"


def conforms(folder: Path, own: str) -> subprocess.CompletedProcess[str]:
    (folder / "my_strategy.py").write_text(own)
    (folder / "test_mine.py").write_text(TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--rootdir", str(folder), str(folder)]
    return subprocess.run([*command, "-p", "no:cacheprovider"], capture_output=True, text=True)


def test_a_strategy_from_outside_the_package_is_one_file(tmp_path: Path) -> None:
    done = conforms(tmp_path, OWN.format(n=1))
    assert done.returncode == 0, done.stdout


def test_a_strategy_that_depends_on_more_than_its_history_is_found_out(tmp_path: Path) -> None:
    own = "import random\n" + OWN.format(n=9).replace("[0]", "[random.randrange(2)]")
    done = conforms(tmp_path, own)
    assert done.returncode == 1
    assert "test_same_seed_same_suggestions" in done.stdout
