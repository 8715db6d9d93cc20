"""Where evaluations run: in this process, in a pool of processes, on Dask, in another program.

An evaluator turns parameters into an outcome; `run_asynchronously` keeps the workers of any
executor busy with evaluations; `WorkerPool` is an executor whose workers may die and be killed.
Nothing here knows where trials come from or where they are stored.
"""

from bohwsw.execution.command_evaluator import (
    METRICS,
    PARAMETERS,
    CommandError,
    CommandEvaluator,
    checked_command,
    exit_message,
    run_program,
)
from bohwsw.execution.dask_cluster import dask_executor
from bohwsw.execution.evaluation_loop import (
    ExecutorError,
    InProcessExecutor,
    RunStatistics,
    run_asynchronously,
)
from bohwsw.execution.evaluator import (
    Evaluator,
    Infeasible,
    evaluate,
    failure,
    outcome_of,
    refused,
    require_ordinary,
)
from bohwsw.execution.failure_rate import (
    TOLERATED_FAILURE_RATE,
    FailedTrialWarning,
    FailureRate,
    FailureRateError,
    warn_of,
)
from bohwsw.execution.lease import heartbeat, is_gone, worker_name
from bohwsw.execution.runner import (
    IMetric,
    IRunner,
    RunnerExecutor,
    TrialStatus,
    require_metrics,
    require_runner,
)
from bohwsw.execution.worker_pool import (
    TaskTimeoutError,
    WorkerDiedError,
    WorkerPool,
    WorkerStartError,
)

__all__ = [
    "METRICS",
    "PARAMETERS",
    "TOLERATED_FAILURE_RATE",
    "CommandError",
    "CommandEvaluator",
    "Evaluator",
    "ExecutorError",
    "FailedTrialWarning",
    "FailureRate",
    "FailureRateError",
    "IMetric",
    "IRunner",
    "InProcessExecutor",
    "Infeasible",
    "RunStatistics",
    "RunnerExecutor",
    "TaskTimeoutError",
    "TrialStatus",
    "WorkerDiedError",
    "WorkerPool",
    "WorkerStartError",
    "checked_command",
    "dask_executor",
    "evaluate",
    "exit_message",
    "failure",
    "heartbeat",
    "is_gone",
    "outcome_of",
    "refused",
    "require_metrics",
    "require_ordinary",
    "require_runner",
    "run_asynchronously",
    "run_program",
    "warn_of",
    "worker_name",
]
