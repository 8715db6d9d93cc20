"""Programs as evaluators: what they are given, and what becomes of whatever they do."""

from __future__ import annotations

import json
import pickle
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from workers_work import is_running, wait_until

from bohwsw.errors import SpecError
from bohwsw.execution.command_evaluator import CommandEvaluator, run_program
from bohwsw.execution.evaluator import evaluate
from bohwsw.strategies import Outcome, TrialState

Program = Callable[..., list[str]]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A Python program from its text, as a command line."""

    def make(code: str, *arguments: str) -> list[str]:
        path = tmp_path / "program.py"
        path.write_text(code, encoding="utf-8")
        return [sys.executable, "-S", str(path), *arguments]

    return make


def failed(outcome: Outcome, reason: str) -> None:
    assert outcome.state is TrialState.FAILED
    assert reason in (outcome.reason or "")


def test_parameters_on_standard_input_metrics_on_standard_output(program: Program) -> None:
    command = program(
        "import json, sys\n"
        "p = json.load(sys.stdin)\n"
        "print('working'); print('{\"edp\": 0}')\n"
        "print(json.dumps({'edp': p['x'] * sum(p['tile']), 'area': [p['y'], 0.5]}, indent=1))\n"
        "print('done')\n"
    )
    evaluator = pickle.loads(pickle.dumps(CommandEvaluator(command, seconds=30)))
    outcome = evaluator({"x": np.int64(3), "tile": (2, 4), "y": 1.5})
    assert outcome.values == {"edp": 18.0, "area": 1.5}
    assert outcome.deviations == {"area": 0.5}


def test_parameters_and_metrics_in_files_of_a_fresh_folder(program: Program) -> None:
    code = (
        "import json, os, sys\n"
        "p = json.load(open(sys.argv[1]))\n"
        "here = os.path.realpath(os.getcwd())\n"
        "assert here == os.path.dirname(os.path.realpath(sys.argv[1]))\n"
        "json.dump({'objective': p['x'] ** 2}, open(sys.argv[2].partition('=')[2], 'w'))\n"
        "open('litter', 'x')\n"
        "print('{\"objective\": -1}')\n"
    )
    command = shlex.join(program(code, "{parameters}", "--out={metrics}"))
    evaluator = CommandEvaluator(command)
    assert evaluator({"x": 4}) == Outcome(TrialState.COMPLETED, 16.0)
    assert evaluator({"x": 5}).objective == 25.0


def test_no_shell_reads_the_arguments(program: Program) -> None:
    command = program("import sys, json; print(json.dumps({'n': len(sys.argv[1])}))", "$HOME; ls")
    assert CommandEvaluator(command)({}).values == {"n": 9.0}


def test_what_is_said_in_the_answer(program: Program) -> None:
    said = {"state": "infeasible", "reason": "area: 13 > 12", "area": 13, "objective": 1}
    command = program("import sys; print(sys.argv[1])", json.dumps(said))
    expected = Outcome(TrialState.INFEASIBLE, reason="area: 13 > 12", metrics={"area": 13.0})
    assert CommandEvaluator(command)({}) == expected
    said = {"state": "abandoned", "reason": "too slow"}
    assert CommandEvaluator([*command[:-1], json.dumps(said)])({}).state is TrialState.ABANDONED
    failed(CommandEvaluator([*command[:-1], '{"state": "good"}'])({}), "unknown trial state")


def test_exit_codes_that_say_infeasible(program: Program) -> None:
    command = program(
        "import sys; print(sys.argv[1]); print('trying\\nno room', file=sys.stderr); sys.exit(3)",
        "nothing",
    )
    found = CommandEvaluator(command, infeasible_codes={3, 4})({})
    assert found == Outcome(TrialState.INFEASIBLE, reason="no room")
    told = [*command[:-1], '{"reason": "buffer", "words": 9}']
    found = CommandEvaluator(told, infeasible_codes=[3])({})
    assert found == Outcome(TrialState.INFEASIBLE, reason="buffer", metrics={"words": 9.0})
    failed(
        CommandEvaluator(told, infeasible_codes=[4])({}), "ended with exit code 3: trying\nno room"
    )


def test_a_program_that_a_signal_ends(program: Program) -> None:
    command = program("import os; os.kill(os.getpid(), 11)")
    failed(CommandEvaluator(command, infeasible_codes=[11])({}), "ended with signal SIGSEGV")


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        ("", "printed no JSON object"),
        ("3.0", "printed no JSON object"),
        ('{"edp": 1}\n{"edp": 2, "area": {"chip": 3},', "not valid JSON"),
        ('{"edp": NaN}', "not finite"),
        ('{"edp": "fast"}', "not a number"),
        ('{"edp": [1, 2, 3]}', "not a measured value"),
        ("{}", "needs an objective"),
    ],
)
def test_answers_that_are_none(program: Program, printed: str, reason: str) -> None:
    command = program("import sys; print(sys.argv[1])", printed)
    failed(CommandEvaluator(command)({}), reason)


def test_metrics_files_that_are_none(program: Program) -> None:
    command = program("import sys; open(sys.argv[1], 'wb').write(b'[1, 2]')", "{metrics}")
    failed(CommandEvaluator(command)({}), "not a JSON object")
    command = program("print('{\"edp\": 1}')", "{metrics}")
    failed(CommandEvaluator(command)({}), "wrote no metrics file")
    command = program("import sys; open(sys.argv[1], 'wb').write(b'\\xff{')", "{metrics}")
    failed(CommandEvaluator(command)({}), "cannot be read")


SLEEPER = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
"""A child that writes its process number to the folder that it is started in."""


def child_of(folder: Path) -> int:
    return int((folder / "pid").read_text())


def test_a_time_out_ends_the_children_too(program: Program, tmp_path: Path) -> None:
    command = program(
        "import os, subprocess, sys, time\n"
        f"os.chdir({str(tmp_path)!r})\n"
        f"subprocess.Popen([sys.executable, '-S', '-c', {SLEEPER!r}])\n"
        "time.sleep(60)\n"
    )
    started = time.monotonic()
    failed(CommandEvaluator(command, seconds=2.0)({}), "took more than 2 seconds")
    assert time.monotonic() - started < 20
    wait_until(lambda: not is_running(child_of(tmp_path)))


def test_a_child_in_the_background_ends_with_the_program(program: Program, tmp_path: Path) -> None:
    command = program(
        "import os, subprocess, sys, time\n"
        f"os.chdir({str(tmp_path)!r})\n"
        f"child = [sys.executable, '-S', '-c', {SLEEPER!r}]\n"
        "subprocess.Popen(child, stdin=-3, stdout=-3, stderr=-3)\n"
        "while not os.path.exists('pid') or not open('pid').read():\n"
        "    time.sleep(0.01)\n"
        "print('{\"edp\": 1}')\n"
    )
    assert CommandEvaluator(command)({}).values == {"edp": 1.0}
    wait_until(lambda: not is_running(child_of(tmp_path)))


def test_a_program_that_does_not_read_its_input(program: Program) -> None:
    command = program("import os; os.close(0); print('{\"edp\": 1}')")
    assert CommandEvaluator(command)({"text": "x" * 300_000}).values == {"edp": 1.0}


def test_a_program_that_is_gone_when_it_is_needed(tmp_path: Path) -> None:
    script = tmp_path / "simulator"
    script.write_text("not a program", encoding="utf-8")
    script.chmod(0o755)
    evaluator = CommandEvaluator([str(script)])
    failed(evaluator({}), "Exec format error")
    script.unlink()
    failed(evaluator({}), "No such file")


@pytest.mark.parametrize("command", ["", [], "'", ["no-such-program-here"], 3, [__file__]])
def test_commands_that_cannot_run(command: object) -> None:
    with pytest.raises(SpecError) as error:
        CommandEvaluator(command)  # type: ignore[arg-type]
    assert error.value.key_path == "command"


@pytest.mark.parametrize("options", [{"seconds": 0}, {"seconds": "3"}, {"infeasible_codes": [0]}])
def test_options_that_are_none(options: dict[str, object]) -> None:
    with pytest.raises(SpecError) as error:
        CommandEvaluator([sys.executable], **options)  # type: ignore[arg-type]
    assert error.value.key_path == next(iter(options))


def test_parameters_that_json_cannot_express_are_a_failure_by_name() -> None:
    outcome = evaluate(CommandEvaluator([sys.executable]), {"x": object()})
    failed(outcome, "TypeError: a parameter cannot be written as JSON")


def test_variables_are_added_and_taken_away(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEPT", "1")
    monkeypatch.setenv("TAKEN", "1")
    command = program("import os; print([os.environ.get(n) for n in ('KEPT', 'TAKEN', 'NEW')])")
    ended = run_program(command, tmp_path, environment={"TAKEN": None, "NEW": "2"})
    assert ended.stdout == "['1', None, '2']\n"
