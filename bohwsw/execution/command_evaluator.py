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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bohwsw.checks import require_time_out, whole_number
from bohwsw.errors import BohwswError, SpecError
from bohwsw.execution.evaluator import failure, outcome_of, refused
from bohwsw.execution.worker_pool import signal_name
from bohwsw.strategies import OBJECTIVE, Outcome, TrialState

PARAMETERS = "{parameters}"
METRICS = "{metrics}"
TAIL_CHARACTERS = 500


class CommandError(BohwswError):
    """A program could not be started, took too long, or ended badly."""


def run_program(
    command: Sequence[str],
    folder: str | Path,
    *,
    seconds: float | None = None,
    stdin: str = "",
    environment: Mapping[str, str | None] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program, which no shell reads, to its end; its whole process group ends with it.

    Args:
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
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def exit_message(ended: subprocess.CompletedProcess[str]) -> str:
    """How a program ended, with the end of what it wrote to standard error."""
    code, tail = ended.returncode, ended.stderr.strip()[-TAIL_CHARACTERS:]
    how = f"exit code {code}" if code >= 0 else f"signal {signal_name(-code)}"
    return f"ended with {how}" + (f": {tail}" if tail else "")


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
        SpecError: there is no such program, or an argument is not what it must be.
    """

    command: str | Sequence[str]
    seconds: float | None = None
    infeasible_codes: Iterable[int] = ()

    def __post_init__(self) -> None:
        problem = "not an exit code for infeasible points"
        codes = tuple(
            whole_number("infeasible_codes", code, most=255, problem=problem)
            for code in self.infeasible_codes
        )
        object.__setattr__(self, "command", checked_command(self.command))
        object.__setattr__(self, "infeasible_codes", codes)
        require_time_out("seconds", self.seconds)

    def __call__(self, parameters: Mapping[str, Any]) -> Outcome:
        """What the program says of a point; a TypeError if JSON cannot express a parameter."""
        text = json.dumps(parameters, default=_plain_value)
        with tempfile.TemporaryDirectory(prefix="bohwsw-") as folder:
            given, metrics = Path(folder, "parameters.json"), Path(folder, "metrics.json")
            given.write_text(text, encoding="utf-8")
            command = [
                part.replace(PARAMETERS, str(given)).replace(METRICS, str(metrics))
                for part in self.command
            ]
            try:
                ended = run_program(command, folder, seconds=self.seconds, stdin=text)
            except CommandError as error:
                return failure(str(error))
            has_file = any(METRICS in part for part in self.command)
            return self._outcome(ended, metrics if has_file else None)

    def _outcome(self, ended: subprocess.CompletedProcess[str], file: Path | None) -> Outcome:
        is_infeasible = ended.returncode in self.infeasible_codes
        if ended.returncode != 0 and not is_infeasible:
            return failure(exit_message(ended))
        state = {"state": TrialState.INFEASIBLE} if is_infeasible else {}
        try:
            metrics = _reported_metrics(ended.stdout, file)
            return _reported_outcome({**metrics, **state}, ended.stderr)
        except SpecError as error:
            return _reported_outcome(state, ended.stderr) if is_infeasible else refused(error)


def checked_command(
    command: object, expected: str = "the name of one on PATH, or the path of an executable file"
) -> tuple[str, ...]:
    """A command line as program and arguments; a relative path to the program in full.

    Raises:
        SpecError: it is not a command line, or there is no such program: ``expected`` says how
            people come by it.
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


def _plain_value(value: object) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"a parameter cannot be written as JSON: {value!r}")


def _reported_metrics(stdout: str, file: Path | None) -> dict[str, Any]:
    """The JSON object in the metrics file; without a file, the last one that starts a line."""
    try:
        if file is not None:
            text = file.read_text(encoding="utf-8")
            metrics = json.loads(text)
        else:
            start = ("\n" + stdout).rfind("\n{")
            if start < 0:
                got = stdout[-TAIL_CHARACTERS:] or None
                raise SpecError("the program printed no JSON object", got=got)
            text = stdout[start:]
            metrics, _ = json.JSONDecoder().raw_decode(text)
    except FileNotFoundError:
        raise SpecError("the program wrote no metrics file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"the metrics file cannot be read: {error}") from error
    except (ValueError, RecursionError) as error:
        raise SpecError(f"the metrics are not valid JSON: {error}", got=text[:100]) from error
    if not isinstance(metrics, dict):
        raise SpecError("the metrics are not a JSON object", got=metrics)
    return metrics


def _reported_outcome(metrics: Mapping[str, Any], stderr: str) -> Outcome:
    """The outcome that a program tells: measured values, and perhaps a state and a reason."""
    values = dict(metrics)
    state, reason = values.pop("state", TrialState.COMPLETED), values.pop("reason", None)
    if state == TrialState.COMPLETED:
        return outcome_of(values)
    last_line = stderr.strip().rpartition("\n")[2]
    reason = str(reason) if reason else last_line or f"the program says: {state}"
    values.pop(OBJECTIVE, None)
    if values and state == TrialState.INFEASIBLE:
        return replace(outcome_of(values), state=state, reason=reason)
    return Outcome(state, reason=reason)
