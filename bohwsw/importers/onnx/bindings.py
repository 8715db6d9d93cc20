"""Sizes that an ONNX file leaves open, and what the user binds them to."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from shlex import quote
from typing import Any

import numpy as np

from bohwsw.errors import SpecError, nearest_name
from bohwsw.expressions import whole_number
from bohwsw.importers.onnx.problems import OnnxError
from bohwsw.importers.onnx.value import Value
from bohwsw.workload import MAX_SIZE

Binding = bool | int | float | str
"""A size, the shape of an input like ``1x3x224x224``, the value of a scalar input, or the values of
a vector like ``224,224``."""

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*\Z")
_EXPRESSION = re.compile(r"[A-Za-z_][\w.]*(\s*[-+*/()]+\s*[\w.]+\)*)+\Z")
_SHAPE = re.compile(r"\d+(x\d+)*\Z")
_VALUES = re.compile(r"-?\d{1,18}(,-?\d{1,18})+\Z")
_KINDS = {6: np.int32, 7: np.int64, 9: np.bool_}
"""Of inputs whose values may decide shapes and branches."""
MOST_VALUES = 2**48
"""Of a tensor."""
_TYPICAL = {"N": 1, "image": 224, "other": 128}


@dataclass
class Bindings:
    """Sizes by name, and where they are asked for."""

    given: Mapping[str, Binding]
    asked: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Open sizes without a binding, each with the places that need it and a usual value."""
    known: dict[str, None] = field(default_factory=dict)
    used: dict[str, Binding] = field(default_factory=dict)  # the bindings that were asked for

    def input_values(self, graph: Any) -> dict[str, Value]:
        """The inputs of a graph, by name, with their shapes; constants are none."""
        constants = {tensor.name for tensor in graph.initializer}
        constants |= {sparse.values.name for sparse in graph.sparse_initializer}
        infos = [info for info in graph.input if info.name not in constants]
        values = {info.name: self._value(info) for info in infos}
        for name in self.given:
            if name not in self.known:
                names = f"one of {', '.join(self.known)}"
                raise OnnxError(
                    "nothing to bind has this name",
                    key_path="--bind",
                    got=repr(name),
                    expected=names if self.known else "no --bind: all sizes are fixed",
                    nearest=nearest_name(name, self.known),
                )
        if self.asked:
            listed = ", ".join(f"{name} ({place})" for name, (place, _) in self.asked.items())
            sizes = [f"{name}={size}" for name, (_, size) in self.asked.items()]
            example = " ".join(f"--bind {quote(size)}" for size in sizes)
            raise OnnxError("sizes are left open", got=listed, expected=f"for example {example}")
        return values

    def shape_of(self, type_: Any) -> tuple[int, ...] | None:
        """A declared shape, where all of it is known."""
        if not type_.HasField("shape"):
            return None
        sizes: list[Any] = [
            dim.dim_value if dim.HasField("dim_value") else self.given.get(dim.dim_param)
            for dim in type_.shape.dim
        ]
        is_known = all(type(size) is int and size >= 0 for size in sizes)
        return tuple(sizes) if is_known else None

    def _value(self, info: Any) -> Value:
        kind = info.type.WhichOneof("value")
        if kind not in ("tensor_type", "sparse_tensor_type"):
            return Value(info.name, type=info.type)
        type_ = getattr(info.type, kind)
        value = Value(info.name, data_type=type_.elem_type)
        given = self.given.get(info.name)
        if isinstance(given, str) and _VALUES.match(given) and value.data_type in _KINDS:
            self.known[info.name] = None
            data = np.array(given.split(","), np.int64)
            dims = [dim.dim_value or data.size for dim in type_.shape.dim]
            if dims != [data.size]:
                raise _not_bound(info.name, given, f"values for sizes {dims}")
            value.data, value.shape = data.astype(_KINDS[value.data_type]), data.shape
            self.used[info.name] = given
            return value
        if isinstance(given, str) or not type_.HasField("shape"):
            self.known[info.name] = None
            if given is None:
                self.asked[info.name] = ("an input of unknown rank", 1)
                return value
            if not _SHAPE.match(str(given)):
                raise _not_bound(info.name, given, "a shape such as 1x3x224x224")
            value.shape = tuple(map(int, str(given).split("x")))
            self.used[info.name] = given
        else:
            rank = len(type_.shape.dim)
            value.shape = tuple(
                self._size(dim, info.name, axis, rank) for axis, dim in enumerate(type_.shape.dim)
            )
        if math.prod(value.shape) > MOST_VALUES:
            got, most = str(list(value.shape)), f"at most {MOST_VALUES} values"
            raise _input_error(info.name, "an input is too large", got, most)
        if value.count == 1 and value.data_type in _KINDS:  # such as a sampling rate
            self.known[value.name] = None
            if isinstance(given, bool | int):
                value.data = np.full(value.sizes, given, _KINDS[value.data_type])
                self.used[value.name] = given
        return value

    def _size(self, dim: Any, input_: str, axis: int, rank: int) -> int:
        """The size of an axis of an input; 1 if it is asked for, as an error follows."""
        text = dim.dim_param
        if type(text) is not str:
            raise _input_error(input_, "a size's name is no text", repr(text), "UTF-8")
        if dim.HasField("dim_value") and dim.dim_value >= 0:
            if dim.dim_value > MAX_SIZE:
                got = f"{dim.dim_value} on axis {axis}"
                raise _input_error(input_, "an input is too large", got, f"at most {MAX_SIZE}")
            return int(dim.dim_value)
        is_open = f"{input_}[{axis}]"
        name = text if len(text) > 1 or _WORD.match(text) else is_open
        if name not in self.given and _EXPRESSION.match(name) and (size := self._computed(name)):
            return size
        self.known[name] = None
        given = self.given.get(name)
        if given is None:
            if name not in self.asked:
                kind = "N" if axis == 0 else "image" if rank == 4 and axis > 1 else "other"
                self.asked[name] = (f"axis {axis} of {input_}", _TYPICAL[kind])
            return 1
        if type(given) is not int or not 0 <= given <= MAX_SIZE:
            raise _not_bound(name, given, f"a whole number from 0 to {MAX_SIZE}")
        self.used[name] = given
        return given

    def _computed(self, text: str) -> int | None:
        """A size such as ``past_length + 1``, if the names in it are bound."""
        names = {n: v for n, v in self.given.items() if type(v) is int}
        words = re.findall(r"[A-Za-z_][\w.]*", text)
        try:
            size = whole_number(text, names, "size", MAX_SIZE, least=0)
        except SpecError:
            unbound = [word for word in words if word not in names]
            for word in unbound:
                self.asked.setdefault(word, (f"in {text}", _TYPICAL["other"]))
            self.known |= dict.fromkeys(unbound)
            return 1 if unbound else None
        for word in words:
            self.known[word] = None
            self.used[word] = names[word]
        return size


def _not_bound(name: str, given: Binding, expected: str) -> OnnxError:
    return OnnxError("not a size", key_path=f"--bind {name}", got=repr(given), expected=expected)


def _input_error(name: str, problem: str, got: str, expected: str) -> OnnxError:
    return OnnxError(problem, key_path=f"input {name!r}", got=got, expected=expected)
