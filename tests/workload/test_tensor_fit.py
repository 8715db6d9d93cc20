"""Which tensors a layer takes: every padding of a real convolution, and nothing beyond."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bohwsw.errors import SpecError
from bohwsw.workload import Layer, Tensor
from bohwsw.workload.tensor_fit import check_inputs, check_weights, output_of

SMALL = st.integers(1, 6)


@given(width=st.integers(1, 40), taps=SMALL, stride=SMALL, dilation=SMALL, data=st.data())
def test_what_a_convolution_of_any_padding_takes(
    width: int, taps: int, stride: int, dilation: int, data: st.DataObject
) -> None:
    reach = (taps - 1) * dilation
    left, right = (data.draw(st.integers(0, reach)) for _ in range(2))
    steps = (width + left + right - reach - 1) // stride + 1
    if steps < 1:
        return
    layer = Layer("conv", P=steps, R=taps, stride_w=stride, dilation_w=dilation)
    check_inputs(layer, "image", Tensor(P=width))


@pytest.mark.parametrize(
    ("tensor", "expected"),
    [
        (Tensor(K=64, P=114, Q=56), "N=1 K=64 P=107..112 Q=52..56"),
        (Tensor(K=64, P=106, Q=56), None),
        (Tensor(K=64, P=112, Q=57), None),
        (Tensor(K=32, P=112, Q=56), None),
        (Tensor(N=2, K=64, P=112, Q=56), None),
    ],
)
def test_what_does_not_fit_is_said_with_both_names(tensor: Tensor, expected: str | None) -> None:
    layer = Layer("conv", K=8, C=32, G=2, P=55, Q=54, R=3, S=3, stride_w=2, stride_h=1)
    check_inputs(layer, "pool1", Tensor(K=64, P=112, Q=56))
    with pytest.raises(SpecError, match="layer 'conv' cannot take the output of 'pool1'") as caught:
        check_inputs(layer, "pool1", tensor)
    assert (caught.value.key_path, caught.value.got) == ("inputs", str(tensor))
    assert expected in (None, caught.value.expected)


def test_weights_that_are_computed_are_keys_or_values_of_attention() -> None:
    scores = Layer("qk", G=12, K=197, C=64, P=128)
    mixed = Layer("av", G=12, K=64, C=197, P=128)
    tokens = Tensor(K=768, P=197)
    check_weights(scores, "keys", tokens)
    check_weights(mixed, "values", tokens)
    assert output_of(scores) == Tensor(K=12 * 197, P=128)
    check_inputs(mixed, "qk", output_of(scores))
    for wrong in (Tensor(K=768, P=196), Tensor(K=64, P=197), Tensor(N=2, K=768, P=197)):
        with pytest.raises(SpecError, match="'qk' cannot take the output of 'keys'") as caught:
            check_weights(scores, "keys", wrong)
        assert caught.value.expected == "K=768 with P x Q=197 or K=2364 with P x Q=64"


def test_of_sequential_steps_the_first_may_be_all_that_is_taken() -> None:
    layer = Layer("steps", N=2, K=8, C=4, P=5, sequential="P")
    for steps in (1, 5):
        check_inputs(layer, "state", Tensor(N=2, K=4, P=steps))
    with pytest.raises(SpecError, match="cannot take"):
        check_inputs(layer, "state", Tensor(N=2, K=4, P=2))


def test_true_extents_are_what_is_taken() -> None:
    layer = Layer("conv", C=4, P=16, R=3, input_width=8)
    check_inputs(layer, "image", Tensor(K=4, P=8))
    with pytest.raises(SpecError, match="cannot take") as caught:
        check_inputs(layer, "image", Tensor(K=4, P=16))
    assert caught.value.expected == "N=1 K=4 P=8 Q=1"
