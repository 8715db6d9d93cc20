"""Torch works on one thread inside the block and has its threads back after it."""

import pytest
import torch

from bohwsw.errors import SpecError
from bohwsw.space import parse
from bohwsw.surrogates.threads import one_thread


def test_one_thread_inside_nested_and_after_an_error():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with one_thread():
            with pytest.raises(SpecError), one_thread():
                parse("")
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
