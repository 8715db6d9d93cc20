"""Operators: what a network computes besides contractions, known by the tensors that it moves.

A tensor has the sizes of what a layer puts out: N images (or sequences) of K channels, P wide and Q
high. Tokens lie on P.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bohwsw.checks import set_whole
from bohwsw.errors import SpecError, unknown_name
from bohwsw.workload.layer import MAX_BITS, MAX_SIZE

TENSOR_DIMENSIONS: tuple[str, ...] = ("N", "K", "P", "Q")

OPERATORS: dict[str, str] = {
    "input": "a tensor from outside: an image, tokens, a cache, a learned constant",
    "add": "element-wise sum; a size of 1 is broadcast",
    "multiply": "element-wise product; a size of 1 is broadcast",
    "concatenate": "its inputs side by side, along K or what `axis` says",
    "pool": "maximum or mean over windows; P and Q say how many",
    "normalise": "batch or layer normalisation",
    "activation": "an element-wise function",
    "softmax": "normalised exponentials",
    "slice": "a part of a tensor",
    "reshape": "the same values in other sizes",
    "transpose": "the same values in another order",
    "depth_to_space": "values moved between channels and space, cropped where sizes say so",
    "elementwise": "an element-wise function of several tensors",
    "convert": "the same values in another number format",
    "reduce": "sums, means or extremes along axes",
    "resize": "interpolated, or repeated along axes",
    "gather": "values looked up, or put where indices say",
    "pad": "values with others around them, or cut",
    "other": "anything else; it moves its inputs and its result",
}
"""The kinds of operators and what each computes."""

VIEWS = frozenset(("input", "concatenate", "slice", "reshape", "transpose", "depth_to_space"))
"""Kinds that move nothing: whoever reads their result reads what others have written."""


AS_GIVEN = frozenset(
    ("depth_to_space", "elementwise", "reduce", "resize", "gather", "pad", "other")
)
"""Kinds whose results have whatever sizes they say, by default those of the first input."""


@dataclass(frozen=True)
class Tensor:
    """The sizes of a tensor: N x K x P x Q values."""

    N: int = 1
    K: int = 1
    P: int = 1
    Q: int = 1

    @property
    def sizes(self) -> dict[str, int]:
        """The size on each of ``TENSOR_DIMENSIONS``."""
        return {"N": self.N, "K": self.K, "P": self.P, "Q": self.Q}

    @property
    def words(self) -> int:
        """How many values it has."""
        return self.N * self.K * self.P * self.Q

    def __str__(self) -> str:
        return " ".join(f"{dim}={n}" for dim, n in self.sizes.items() if n > 1) or "one value"


@dataclass(frozen=True)
class Operator:
    """A node of a network that is no contraction.

    Attributes:
        kind: one of ``OPERATORS``.
        N: size of the result, as K, P and Q are; None is that of the first input, or follows from
            all of them. Of an ``input`` it is 1.
        axis: along which ``concatenate`` puts its inputs.
        bits: width of a value of the result; None is that of the first input, if it has one.

    Raises:
        SpecError: an unknown kind or axis, or a size that is not valid.
    """

    name: str
    kind: str
    N: int | None = None
    K: int | None = None
    P: int | None = None
    Q: int | None = None
    axis: str = "K"
    bits: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in OPERATORS:
            raise unknown_name("kind of operator", self.kind, OPERATORS).within(key_path="op")
        if self.axis not in TENSOR_DIMENSIONS:
            raise unknown_name("axis", self.axis, TENSOR_DIMENSIONS).within(key_path="axis")
        given = tuple([dim for dim in TENSOR_DIMENSIONS if getattr(self, dim) is not None])
        if given or self.bits is not None:
            problem = f"size of operator {self.name!r} is not valid"
            set_whole(self, given, MAX_SIZE, problem=problem)
        if self.bits is not None:
            set_whole(self, ("bits",), MAX_BITS, problem=problem)

    def output(self, inputs: Sequence[Tensor]) -> Tensor:
        """The sizes of the result.

        Raises:
            SpecError: it cannot take these inputs, or the sizes that it says do not follow from
                them.
        """
        least, most = {"input": (0, 0), "add": (2, None), "multiply": (2, None)}.get(
            self.kind, (1, None if self.kind in ("concatenate", *AS_GIVEN) else 1)
        )
        if len(inputs) < least or (most is not None and len(inputs) > most):
            raise SpecError(
                f"{self.kind} {self.name!r} has too {'few' if len(inputs) < least else 'many'} "
                "inputs",
                key_path="inputs",
                got=len(inputs),
                expected=f"{'exactly' if most == least else 'at least'} {least}",
            )
        given = {d: n for d in TENSOR_DIMENSIONS if (n := getattr(self, d)) is not None}
        if self.kind == "input":
            return Tensor(**given)
        if self.kind in AS_GIVEN:
            return Tensor(**{**inputs[0].sizes, **given})
        if self.kind in ("reshape", "transpose"):
            result = Tensor(**{"N": inputs[0].N, **given})
            if result.words != inputs[0].words:
                raise self._misfit(result, f"{inputs[0].words} values")
            return result
        follows = self._combined(inputs)
        result = Tensor(**{**follows.sizes, **given})
        if self.kind in ("pool", "slice"):
            pairs = zip(result.sizes.values(), follows.sizes.values(), strict=True)
            fits = all(size <= most for size, most in pairs)
            fits &= self.kind == "slice" or (result.N, result.K) == (follows.N, follows.K)
            if not fits:
                raise self._misfit(result, f"at most {follows}, the sizes of its input")
        elif result != follows:
            raise self._misfit(result, str(follows))
        return result

    def _combined(self, inputs: Sequence[Tensor]) -> Tensor:
        """The sizes that follow from all inputs: joined along the axis, or broadcast."""
        is_joined = self.kind == "concatenate"
        if not is_joined and all(tensor == inputs[0] for tensor in inputs[1:]):
            return inputs[0]
        sizes = {}
        for dim in TENSOR_DIMENSIONS:
            each = [tensor.sizes[dim] for tensor in inputs]
            if is_joined and dim == self.axis:
                sizes[dim] = sum(each)
                continue
            sizes[dim] = max(each)
            agrees = {sizes[dim]} if is_joined else {1, sizes[dim]}
            if not agrees.issuperset(each):
                raise SpecError(
                    f"the inputs of {self.kind} {self.name!r} do not fit together",
                    key_path="inputs",
                    got=" and ".join(map(str, inputs)),
                    expected=f"the same {dim}",
                )
        return Tensor(**sizes)

    def _misfit(self, got: Tensor, expected: str) -> SpecError:
        problem = f"the sizes of {self.kind} {self.name!r} do not follow from its inputs"
        return SpecError(problem, got=str(got), expected=expected)
