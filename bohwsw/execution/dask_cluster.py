"""Evaluations on a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from bohwsw.errors import BohwswError, MissingExtraError, SpecError

CONNECT_SECONDS = 10.0


@contextmanager
def dask_executor(address: str) -> Iterator[tuple[Executor, int]]:
    """The cluster of a scheduler, ``tcp://10.0.0.1:8786`` say, and how much it runs at a time.

    Raises:
        MissingExtraError: distributed is not installed.
        SpecError: nothing answers at the address.
        BohwswError: the cluster has no workers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtraError("distributed", "dask") from None
    try:
        client = Client(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError, TypeError) as error:
        raise SpecError(
            f"no Dask scheduler answers: {error}",
            key_path="dask",
            got=address,
            expected="such as tcp://10.0.0.1:8786",
        ) from None
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise BohwswError(f"the Dask cluster at {address} has no workers")
        yield client.get_executor(), threads
