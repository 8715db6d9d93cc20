"""A layer: seven dimensions and groups, one class for every kind of tensor product.

A convolution, a matrix product, a batched matrix product, a depthwise or grouped convolution are
all the same loop nest:

    for n, g, k, c, p, q, r, s:
        Outputs[n, g, k, p, q] += (
            Weights[g, k, c, r, s]
            * Inputs[n, g, c, p * stride_w + r * dilation_w, q * stride_h + s * dilation_h]
        )

``K`` and ``C`` count channels *per group*. A depthwise convolution has K = C = 1 and G channels; a
matrix product [P x C] . [C x K] has only P, C, K; in attention G is batch times heads, so that it
indexes all three data spaces.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from bohwsw.checks import LARGEST_PRODUCT, finite_number, product_within, set_whole
from bohwsw.errors import SpecError, unknown_name
from bohwsw.summary import Summarised, Summary

DIMENSIONS: tuple[str, ...] = ("N", "K", "C", "P", "Q", "R", "S", "G")
"""The dimensions of a layer in the order in which every array of the package stores them."""

DIMENSION_INDEX: dict[str, int] = {name: index for index, name in enumerate(DIMENSIONS)}

STEPS: tuple[str, ...] = ("stride_w", "stride_h", "dilation_w", "dilation_h")

EXTENTS: tuple[str, ...] = ("input_width", "input_height")

DATA_SPACES: tuple[str, ...] = ("Weights", "Inputs", "Outputs")
"""The data spaces in the order in which every array of the package stores them."""

SEQUENTIAL: dict[str, str] = {"N": "", "P": "R", "Q": "S"}
"""Dimensions whose steps may have to wait for one another, and the filter's beside each of them.

They index Inputs and Outputs, not Weights."""

BITS: tuple[str, ...] = tuple(f"{space.lower()}_bits" for space in DATA_SPACES)

DENSITIES: tuple[str, ...] = ("weights_density", "inputs_density")

MAX_SIZE = 2**31
MAX_STEP = 2**16
MAX_BITS = 64

VOLUMES = "3D convolution is out of scope: a layer has two axes in space, P with R and Q with S"
TRANSPOSED = "transposed convolution (deconvolution) is not supported yet; a later version will"
UNSUPPORTED: dict[str, str] = {
    **dict.fromkeys(("t", "d", "z", "depth"), VOLUMES),
    **dict.fromkeys(("transposed", "transpose", "deconvolution", "deconv"), TRANSPOSED),
    "output_padding": TRANSPOSED,
}
"""What people ask a layer for that it does not have, and why; names in small letters."""


@dataclass(frozen=True)
class Layer(Summarised):
    """One layer of a network, without its values: nothing but sizes.

    Attributes:
        name: any text; two layers that differ only in name are the same work.
        N: batch.
        K: output channels per group.
        C: input channels per group.
        P: output width (goes with R, stride_w, dilation_w).
        Q: output height (goes with S, stride_h, dilation_h).
        R: filter width.
        S: filter height.
        G: groups.
        stride_w: stride on the axis of P and R; stride_h on that of Q and S.
        dilation_w: filter dilation on the axis of P and R; dilation_h on that of Q and S.
        weights_bits: width of a value of Weights; None is the word width of each level.
        inputs_bits: the same for Inputs.
        outputs_bits: the same for Outputs, partial sums included.
        sequential: N, P or Q if each step along it takes what the one before has put out, as in
            recurrent networks: all of a step ends before the next one begins.
        input_width: true extent of Inputs on the axis of P and R, padding left out; None: all that
            the filter reaches over is there, as Timeloop has it.
        input_height: the same on the axis of Q and S.
        weights_density: share of Weights that are not zero; None: nothing is known of zeros, and
            none are stored apart. Mappings and counts do not depend on it (``simulator.sparsity``).
        inputs_density: the same of Inputs.

    Raises:
        SpecError: a size is not a whole number of at least 1, or too large: a dimension above
            ``MAX_SIZE``, a stride or dilation above ``MAX_STEP``, bits above ``MAX_BITS``; another
            dimension is sequential, or windows of the filter slide along it.
    """

    name: str
    N: int = 1
    K: int = 1
    C: int = 1
    P: int = 1
    Q: int = 1
    R: int = 1
    S: int = 1
    G: int = 1
    stride_w: int = 1
    stride_h: int = 1
    dilation_w: int = 1
    dilation_h: int = 1
    weights_bits: int | None = None
    inputs_bits: int | None = None
    outputs_bits: int | None = None
    sequential: str | None = None
    weights_density: float | None = None
    inputs_density: float | None = None
    input_width: int | None = None
    input_height: int | None = None

    def __post_init__(self) -> None:
        problem = f"size of layer {self.name!r} is not valid"
        set_whole(self, DIMENSIONS, MAX_SIZE, problem=problem)
        set_whole(self, STEPS, MAX_STEP, problem=problem)
        for key in DENSITIES:
            if (share := getattr(self, key)) is not None:
                number = finite_number(share)
                if number is None or not 0 <= number <= 1:
                    problem = f"density of layer {self.name!r} is not valid"
                    expected = "a share from 0 to 1, or nothing"
                    raise SpecError(problem, key_path=key, got=share, expected=expected)
                object.__setattr__(self, key, float(number))
        for keys, most, what in ((BITS, MAX_BITS, "bits"), (EXTENTS, MAX_SIZE, "extents")):
            given = tuple(key for key in keys if getattr(self, key) is not None)
            set_whole(self, given, most, problem=f"{what} of layer {self.name!r} are not valid")
        if self.sequential is not None:
            self._check_sequential(self.sequential)

    def _check_sequential(self, dim: str) -> None:
        if dim not in SEQUENTIAL:
            error = unknown_name("sequential dimension", dim, SEQUENTIAL)
            raise error.within(key_path="sequential")
        tap = SEQUENTIAL[dim]
        if tap and getattr(self, tap) > 1:
            raise SpecError(
                f"windows slide along the sequential dimension of layer {self.name!r}",
                key_path="sequential",
                got=f"{dim} with {tap} = {getattr(self, tap)}",
                expected=f"{tap} = 1, or N for the steps",
            )

    @property
    def steps(self) -> int:
        """How many steps wait for one another; 1 if none do."""
        return 1 if self.sequential is None else int(getattr(self, self.sequential))

    @property
    def sizes(self) -> dict[str, int]:
        """The size of each dimension, in the order of ``DIMENSIONS``."""
        return {dim: getattr(self, dim) for dim in DIMENSIONS}

    @property
    def bits(self) -> dict[str, int | None]:
        """Bits of a value of each data space; None where the levels' own word width holds."""
        return {space: getattr(self, key) for space, key in zip(DATA_SPACES, BITS, strict=True)}

    @property
    def density(self) -> dict[str, float | None]:
        """Share of the values of each data space that are not zero; None where nobody says."""
        return dict(
            zip(DATA_SPACES, (self.weights_density, self.inputs_density, None), strict=True)
        )

    @property
    def dense(self) -> Layer:
        """The layer without densities, as it is mapped."""
        if self.weights_density is None and self.inputs_density is None:
            return self
        return replace(self, weights_density=None, inputs_density=None)

    @property
    def reach(self) -> tuple[int, int]:
        """Width and height of what the filter reaches over in the whole run, padding and all."""
        return (
            1 + (self.P - 1) * self.stride_w + (self.R - 1) * self.dilation_w,
            1 + (self.Q - 1) * self.stride_h + (self.S - 1) * self.dilation_h,
        )

    @property
    def input_extents(self) -> tuple[int, int]:
        """Width and height of Inputs: ``reach``, or what there truly is of it."""
        width, height = self.reach
        return min(width, self.input_width or width), min(height, self.input_height or height)

    @property
    def is_padded(self) -> bool:
        """Whether the layer says that its filter reaches over more than its Inputs."""
        return self.input_extents != self.reach

    def summary(self) -> Summary:
        """Sizes and work, for people."""
        sizes = " ".join(f"{dim}{size}" for dim, size in self.sizes.items() if size > 1)
        return Summary(
            f"Layer {self.name}",
            (("sizes", sizes or "1"), ("MACs", f"{self.macs:,}")),
            following='bohwsw.map_layer(layer, "eyeriss-168")',
        )

    @property
    def macs(self) -> int:
        """Multiply-accumulate operations."""
        return self.N * self.K * self.C * self.P * self.Q * self.R * self.S * self.G

    @property
    def most_words(self) -> int:
        """No mapping moves more words of a data space into or out of all instances of a level.

        One for each multiply-accumulate; of Inputs also those that lie between strides or
        dilations, as a tile of Inputs is the whole box around what it uses.
        """
        return self.macs * math.prod(self._widest_steps.values())

    def require_countable(self) -> None:
        """Refuse what 64-bit integers do not count; the scalar simulator alone has no such limit.

        Raises:
            SpecError: too large a product of sizes, strides and dilations; says the limit.
        """
        if self.most_words > LARGEST_PRODUCT:
            work = f"layer {self.name!r} is more work than 64-bit integers can count"
            product_within(None, work, **self.sizes, **self._widest_steps)

    @property
    def _widest_steps(self) -> dict[str, int]:
        """On each axis of Inputs, how far apart neighbouring indices are at most."""
        return {
            "step_w": max(self.stride_w if self.P > 1 else 1, self.dilation_w if self.R > 1 else 1),
            "step_h": max(self.stride_h if self.Q > 1 else 1, self.dilation_h if self.S > 1 else 1),
        }

    @property
    def shape(self) -> tuple[int, ...]:
        """Everything but the name: layers of equal shape are evaluated once.

        Sizes, strides and dilations; then, as far as anything is said from there on, the bits, 0
        where the level's word width holds; the dimension along which steps wait for one another, -1
        for none; width and height of Inputs (stored studies know layers by this).
        """
        sizes = tuple(getattr(self, key) for key in (*DIMENSIONS, *STEPS))
        bits = tuple(width or 0 for width in self.bits.values())
        shares = self.weights_density, self.inputs_density
        if shares != (None, None):  # below -1, as nothing else is
            bits += tuple(-3 * 10**9 if x is None else -2 - round(x * 10**9) for x in shares)
        waiting = DIMENSION_INDEX[self.sequential] if self.sequential and self.steps > 1 else -1
        if self.is_padded:
            return (*sizes, *bits, waiting, *self.input_extents)
        if waiting >= 0:
            return (*sizes, *bits, waiting)
        return (*sizes, *bits) if any(bits) else sizes


def unknown_dimension(name: object) -> SpecError:
    """The error for a dimension that layers do not have; says so where it is one of 3D layers."""
    error = unknown_name("dimension", name, DIMENSIONS)
    reason = UNSUPPORTED.get(str(name).lower())
    return error if reason is None else SpecError(reason, got=name, expected=error.expected)
