"""A search is one file and one line of the registry: everything else finds it by itself."""

import subprocess
import sys

SEARCH = '''
from bohwsw.strategies.base import Strategy


class DummyStrategy(Strategy):
    """Draws at random."""

    def _suggest(self, rng):
        return self._fresh_row(rng)
'''

USES = """
import importlib.util, sys
from pathlib import Path

import bohwsw.strategies.published as published

published.__path__.append(sys.argv[1])  # the file
spec = importlib.util.find_spec("bohwsw.strategies.registry")
line = '_PLACES = {\\n    "dummy": f"{_PUBLISHED}.dummy:DummyStrategy",'
text = Path(spec.origin).read_text().replace("_PLACES = {", line, 1)
registry = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
exec(compile(text, spec.origin, "exec"), registry.__dict__)

from bohwsw.strategies import STRATEGIES, strategy
from bohwsw.testing import StrategyConformance

assert "dummy" in STRATEGIES

class TestDummy(StrategyConformance):
    name = "dummy"

TestDummy().test_suggestions_are_valid_and_none_comes_twice()
TestDummy().test_a_run_is_resumed_by_telling_again_or_from_a_snapshot()

from typer.testing import CliRunner

from bohwsw.cli.app import app

command = "codesign --space eyeriss-168 --model mlp --trials 2 --strategy dumy"
refused = CliRunner().invoke(app, command.split())
assert refused.exit_code == 2 and "dummy" in refused.output, refused.output

from benchmarks.searches.__main__ import main as searches

assert searches(["--quick", "--only", "macro,dummy", "--seeds", "1"]) == 0

sys.path.insert(0, "tests/strategies")
import test_searches_page

try:
    test_searches_page.test_every_published_search_has_its_row()
except AssertionError:
    print("the page misses it")
"""


def test_one_file_and_one_line(tmp_path):
    (tmp_path / "dummy.py").write_text(SEARCH, encoding="utf-8")
    command = [sys.executable, "-c", USES, str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "| dummy |" in ran.stdout
    assert "the page misses it" in ran.stdout
