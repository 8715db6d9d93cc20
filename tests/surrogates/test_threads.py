"""Torch and BLAS work on one thread inside the block and have their threads back after it."""

from __future__ import annotations

import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from bohwsw.errors import SpecError
from bohwsw.space import parse
from bohwsw.surrogates.threads import one_thread


def blas_threads() -> set[int]:
    """Numbers of threads of the libraries that can be told; none of Apple's can."""
    libraries = threadpool_info()
    return {library["num_threads"] for library in libraries if library["user_api"] == "blas"}


def test_one_thread_inside_nested_and_after_an_error() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with threadpool_limits(2, user_api="blas"):
            assert blas_threads() <= {2}
            with one_thread():
                with pytest.raises(SpecError), one_thread():
                    parse("")
                assert torch.get_num_threads() == 1
                assert blas_threads() <= {1}
            assert torch.get_num_threads() == 2
            assert blas_threads() <= {2}
    finally:
        torch.set_num_threads(before)
