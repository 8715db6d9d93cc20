"""An executor as a run sees it: it evaluates parameters, and is replaced when it breaks."""

from __future__ import annotations

import pickle
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any

from bohwsw.errors import BohwswError, SpecError

Answer = tuple[Any, float]
"""What came of an evaluation, and how many seconds it took."""

Evaluation = Callable[[dict[str, Any]], Any]
"""Takes parameters and says what came of them; it does not raise, see `evaluate`."""


class ExecutorError(BohwswError):
    """The executor cannot run anything more; what it was running has no outcome."""


class EvaluationExecutor:
    """Evaluates parameters on an executor.

    Args:
        executor: where evaluations run; or what makes one, which is then replaced when it breaks
            and shut down by `close`.
        evaluator: what to call.
    """

    def __init__(self, executor: Executor | Callable[[], Executor], evaluator: Evaluation) -> None:
        if not isinstance(executor, Executor) and not callable(executor):
            raise SpecError(
                "not an executor",
                key_path="executor",
                got=executor,
                expected="a concurrent.futures.Executor, or a function that makes one",
            )
        self._make = None if isinstance(executor, Executor) else executor
        self._evaluator = evaluator
        self.current = executor if isinstance(executor, Executor) else executor()

    def submit(self, parameters: Mapping[str, Any]) -> Future[Answer]:
        """Have parameters evaluated.

        Raises:
            SpecError: the evaluator cannot be sent to a worker.
            ExecutorError: the executor is broken and there is no way to make another.
        """
        try:
            return self._submit(parameters)
        except BrokenExecutor as error:
            self.replace(error)
            return self._submit(parameters)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            self.require_picklable(error)
            raise

    def _submit(self, parameters: Mapping[str, Any]) -> Future[Answer]:
        call = uuid.uuid4().hex
        return self.current.submit(timed_evaluation, self._evaluator, dict(parameters), call)

    def require_picklable(self, error: BaseException) -> None:
        """Look whether an error came about because the evaluator cannot be sent to a worker.

        Raises:
            SpecError: it did.
        """
        if not isinstance(error, pickle.PicklingError | AttributeError | TypeError):
            return
        try:
            pickle.dumps(self._evaluator)
        except Exception:
            raise SpecError(
                f"the evaluator cannot be sent to a worker: {error}",
                key_path="evaluator",
                got=self._evaluator,
                expected="a function at the top of a module, or an object that can be pickled",
            ) from error

    def replace(self, error: BaseException) -> None:
        """Make another executor, because the current one is broken.

        Raises:
            ExecutorError: there is no way to.
        """
        if self._make is None:
            raise ExecutorError(
                f"the executor is broken ({type(error).__name__}: {error}); "
                "give a function that makes one instead of it, or a WorkerPool"
            ) from error
        self.current.shutdown(wait=False)
        self.current = self._make()

    def close(self, at_once: bool) -> None:
        """Shut down the executor if it was made here.

        Args:
            at_once: do not wait for what it runs, and kill that if it is able to.
        """
        if self._make is None:
            return
        kill = getattr(self.current, "kill_workers", None)
        if at_once and kill is not None:
            kill()
        else:
            self.current.shutdown(wait=not at_once, cancel_futures=at_once)


def timed_evaluation(evaluator: Evaluation, parameters: dict[str, Any], _call: str) -> Answer:
    """Evaluate, in a worker.

    Args:
        evaluator: what to call.
        parameters: with what.
        _call: a word of this call alone. Dask would otherwise answer a call that equals an earlier
            one, such as a second attempt, with what it already knows.

    Returns:
        What it returned, and how many seconds it took.
    """
    start = time.perf_counter()
    return evaluator(parameters), time.perf_counter() - start
