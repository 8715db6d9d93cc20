"""An evaluator that is another program: parameters go in as JSON, measured values come out as JSON.

POSIX only: the program runs in a process group of its own, so that nothing of it outlives it.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bohwsw.checks import finite_number, whole_number
from bohwsw.errors import BohwswError, SpecError
from bohwsw.execution.evaluator import failure, outcome_of
from bohwsw.strategies.outcome import OBJECTIVE, Outcome, TrialState

PARAMETERS = "{parameters}"
METRICS = "{metrics}"
TAIL_CHARACTERS = 500


class CommandError(BohwswError):
    """A program could not be started, took too long, or ended badly."""


@dataclass(frozen=True)
class Ended:
    """What a program left behind.

    Attributes:
        code: its exit code; minus the signal that ended it.
        stdout: what it printed.
        stderr: what it complained about.
    """

    code: int
    stdout: str
    stderr: str

    @property
    def complaint(self) -> str:
        """How it ended, with the end of what it wrote to standard error."""
        how = f"exit code {self.code}"
        if self.code < 0:
            with suppress(ValueError):
                how = f"signal {signal.Signals(-self.code).name}"
        said = self.stderr.strip()[-TAIL_CHARACTERS:]
        return f"ended with {how}" + (f": {said}" if said else "")


def run(
    command: Sequence[str],
    folder: str | Path,
    *,
    seconds: float | None = None,
    stdin: str = "",
    environment: Mapping[str, str | None] | None = None,
) -> Ended:
    """Run a program to its end; its whole process group ends with it.

    Args:
        command: the program and its arguments; no shell reads them.
        folder: its working directory.
        seconds: time-out; None is none.
        stdin: what it reads from standard input.
        environment: variables beside those of this process; None takes one of them away.

    Raises:
        CommandError: it could not be started, or the time-out passed.
    """
    variables = {**os.environ, **(environment or {})}
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={name: value for name, value in variables.items() if value is not None},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise CommandError(f"{command[0]} cannot be started: {error.strerror or error}") from error
    with process:
        try:
            stdout, stderr = process.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired:
            raise CommandError(f"{command[0]} took more than {seconds:g} seconds") from None
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
    return Ended(process.returncode, stdout, stderr)


@dataclass(frozen=True)
class CommandEvaluator:
    """Evaluates by running a command line.

    The program finds the parameters as a JSON object on standard input, and in the file whose path
    stands for ``{parameters}`` in its arguments. It writes a JSON object, measured values by name,
    each a number or ``[mean, standard error]``, to the file whose path stands for ``{metrics}``;
    without that, the last object counts that starts a line of standard output. It says that a point
    is infeasible by ``{"state": "infeasible", "reason": "..."}`` or by an exit code. Whatever else
    goes wrong is a failed trial with a reason, never an exception.

    It runs in a fresh temporary folder: give the paths of scripts in full.

    Attributes:
        command: the program and its arguments; text is split as a shell would, but no shell runs.
        seconds: time-out, after which the program and all its children are killed.
        infeasible_codes: exit codes by which it says that a point is infeasible.

    Raises:
        SpecError: there is no such program, or an argument is none.
    """

    command: str | Sequence[str]
    seconds: float | None = None
    infeasible_codes: Iterable[int] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "command", checked_command(self.command))
        object.__setattr__(self, "infeasible_codes", _checked_codes(self.infeasible_codes))
        check_seconds(self.seconds)

    def __call__(self, parameters: Mapping[str, Any]) -> Outcome:
        """What the program says of a point.

        Raises:
            TypeError: JSON cannot express a parameter.
        """
        text = json.dumps(parameters, default=_plain)
        with tempfile.TemporaryDirectory(prefix="bohwsw-") as folder:
            given, metrics = Path(folder, "parameters.json"), Path(folder, "metrics.json")
            given.write_text(text, encoding="utf-8")
            command = [
                part.replace(PARAMETERS, str(given)).replace(METRICS, str(metrics))
                for part in self.command
            ]
            try:
                ended = run(command, folder, seconds=self.seconds, stdin=text)
            except CommandError as error:
                return failure(str(error))
            written = any(METRICS in part for part in self.command)
            return self._outcome(ended, metrics if written else None)

    def _outcome(self, ended: Ended, metrics: Path | None) -> Outcome:
        infeasible = ended.code in tuple(self.infeasible_codes)
        if ended.code != 0 and not infeasible:
            return failure(ended.complaint)
        try:
            answer = _object_in_text(ended.stdout) if metrics is None else _object_in_file(metrics)
            return _read_answer({**answer, "state": "infeasible"} if infeasible else answer, ended)
        except SpecError as error:
            if infeasible:
                return _read_answer({"state": "infeasible"}, ended)
            return failure(" ".join(str(error).split()))


def checked_command(
    command: object,
    expected: str = "the name of one on PATH, or the path of an executable file",
) -> tuple[str, ...]:
    """A command line as program and arguments; a relative path to the program in full.

    Args:
        command: a list of texts, or one text that is split as a shell would.
        expected: what to tell people who do not have the program.

    Raises:
        SpecError: it is none, or there is no such program.
    """
    parts: Any = command
    if isinstance(command, str):
        try:
            parts = shlex.split(command)
        except ValueError as error:
            raise SpecError(
                f"not a command line: {error}", key_path="command", got=command
            ) from None
    if not isinstance(parts, Sequence) or not parts or not all(isinstance(p, str) for p in parts):
        raise SpecError(
            "not a command line",
            key_path="command",
            got=command,
            expected="a program and its arguments, as a list of texts or one text",
        )
    program = parts[0]
    if shutil.which(program) is None:
        raise SpecError(
            "there is no such program", key_path="command", got=program, expected=expected
        )
    return (os.path.abspath(program) if os.sep in program else program, *parts[1:])


def check_seconds(seconds: object) -> None:
    """Raise a SpecError unless this is a time-out: None or a number above 0."""
    if seconds is None:
        return
    number = finite_number(seconds)
    if number is None or number <= 0:
        raise SpecError(
            "not a time-out", key_path="seconds", got=seconds, expected="a number above 0, or None"
        )


def _checked_codes(codes: Iterable[int]) -> tuple[int, ...]:
    problem = "not an exit code for infeasible points"
    return tuple(
        whole_number("infeasible_codes", code, most=255, problem=problem) for code in codes
    )


def _plain(value: object) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"a parameter cannot be written as JSON: {value!r}")


def _object_in_file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SpecError("the program wrote no metrics file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"the metrics file cannot be read: {error}") from error
    answer = _decoded(text, whole=True)
    if not isinstance(answer, dict):
        raise SpecError("the metrics are not a JSON object", got=answer)
    return answer


def _object_in_text(text: str) -> dict[str, Any]:
    """The last object that starts a line; what stands inside another one is indented or inside."""
    start = ("\n" + text).rfind("\n{")
    if start < 0:
        raise SpecError("the program printed no JSON object", got=text[-TAIL_CHARACTERS:] or None)
    return dict(_decoded(text[start:], whole=False))


def _decoded(text: str, *, whole: bool) -> Any:
    try:
        return json.loads(text) if whole else json.JSONDecoder().raw_decode(text)[0]
    except (ValueError, RecursionError) as error:
        raise SpecError(f"the metrics are not valid JSON: {error}", got=text[:100]) from error


def _read_answer(answer: Mapping[str, Any], ended: Ended) -> Outcome:
    """An outcome from a program's answer: measured values, and perhaps a state and a reason.

    Raises:
        SpecError: a value is not measured, or the state is unknown.
    """
    values = {name: value for name, value in answer.items() if name not in ("state", "reason")}
    state, reason = answer.get("state", TrialState.COMPLETED), answer.get("reason")
    if state == TrialState.COMPLETED:
        return outcome_of(values)
    last = ended.stderr.strip().rpartition("\n")[2]
    said = str(reason) if reason else last or f"the program says: {state}"
    values.pop(OBJECTIVE, None)
    told = outcome_of(values) if values and state == TrialState.INFEASIBLE else None
    return Outcome(
        state,
        reason=said,
        metrics=told.metrics if told else {},
        deviation=told.deviation if told else None,
    )
