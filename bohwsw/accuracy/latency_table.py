"""Tables of what operators cost, by which the cost of a network adds up: a base and entries.

X. Luo et al., "HSCoNAS: Hardware-Software Co-Design of Efficient DNNs via Neural Architecture
Search", DATE 2021: a network takes the sum of the entries of its operators and a bias, which is
the mean of what is left over on networks that were measured whole (`LatencyTable.with_base`);
from memory, its code was not seen. Tables of ProxylessNAS, Once-for-All and TF-NAS have that form.

Ours: entries and base together by least squares from measured networks alone (`fit_table`).
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from bohwsw.accuracy.predictor import least_squares, left_out, measured_numbers
from bohwsw.accuracy.table_file import read_table
from bohwsw.checks import finite_number
from bohwsw.errors import SpecError, located, unknown_name
from bohwsw.workload import Network, layer_key
from bohwsw.yamlfile import read_yaml, yaml_text

Knobs = Mapping[str, Any]
Names = tuple[str, ...]
FORMS = (".yaml", ".csv")
"""How the names of files end that tables are written to."""


@dataclass(frozen=True)
class LatencyTable:
    """A figure of networks that is a sum over their operators.

    Attributes:
        figure: its name, with the unit: ``pixel3_latency_ms``.
        entries: by what a network has. ``operator_1=conv`` where a knob has a value;
            ``expand_1=6,kernel_1=5`` where several have theirs; ``edge_*=conv`` for each knob of
            such a name that has it; without an equals sign a layer, by its `layer_key`, as often
            as the network has it.
        base: of every network.
        error: root mean square of what it is off on networks left out of the fit, in the figure's
            unit; None where nobody fitted it.

    Raises:
        SpecError: the figure's name is no identifier, or an entry is no finite number.
    """

    figure: str
    entries: Mapping[str, float]
    base: float = 0.0
    error: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.figure, str) or not self.figure.isidentifier():
            expected = "a name with its unit, such as pixel3_latency_ms"
            raise SpecError("not a figure", key_path="figure", got=self.figure, expected=expected)
        named = {"base": self.base, **self.entries}
        for key, value in (named if self.error is None else {**named, "error": self.error}).items():
            if finite_number(value) is None:
                expected = "a finite number"
                raise SpecError("not an entry", key_path=key, got=value, expected=expected)

    def __call__(self, knobs: Knobs, network: Network | None = None) -> float:
        """The figure of a network.

        Args:
            knobs: values by name; others than the table's do no harm.
            network: its layers, if the table has such entries.

        Raises:
            SpecError: a knob of the table is missing, or it has no entry for a value or layer.
        """
        total = self.base
        for names, entries in self._parts.items():
            for key, count in _found(names, knobs, network).items():
                if key not in entries:
                    known = [_key(names, value) for value in entries]
                    raise unknown_name(f"entry of {self.figure}", _key(names, key), known)
                total += count * entries[key]
        return total

    def with_base(
        self, points: Sequence[Knobs], values: Sequence[float], networks: Sequence[Network] = ()
    ) -> LatencyTable:
        """The same entries, with the mean of what measured networks take beyond them as base."""
        plain = replace(self, base=0.0)
        sums = [plain(p, n) for p, n in zip_longest(points, networks)]
        left = measured_numbers(self.figure, values, len(points)) - sums
        return replace(self, base=float(left.mean()), error=float(left.std()))

    def text(self, form: str) -> str:
        """The content of a file, to be read by `read_latency_table`.

        Args:
            form: one of ``FORMS``, how the file's name ends.

        Raises:
            SpecError: it is none.
        """
        check_table_form(form)
        known = {"base": self.base} | ({} if self.error is None else {"error": self.error})
        if form == ".yaml":
            return yaml_text({"figure": self.figure, **known, "entries": dict(self.entries)})
        stream = io.StringIO()
        rows = [("entry", self.figure), *known.items(), *self.entries.items()]
        csv.writer(stream, lineterminator="\n").writerows(rows)
        return stream.getvalue()

    @cached_property
    def _parts(self) -> dict[Names, dict[Names, float]]:
        """Entries by the knobs that they are about, then by their values."""
        parts: dict[Names, dict[Names, float]] = {}
        for key, value in self.entries.items():
            pairs = [text.partition("=")[::2] for text in key.split(",")] if "=" in key else []
            names = tuple(name for name, _ in pairs)
            parts.setdefault(names, {})[tuple(x for _, x in pairs) or (key,)] = float(value)
        return parts


def check_table_form(form: str) -> None:
    """Refuse what `LatencyTable.text` has no content for.

    Raises:
        SpecError: it is none of ``FORMS``.
    """
    if form not in FORMS:
        raise SpecError("not a form of a latency table", got=form, expected=" or ".join(FORMS))


def fit_table(
    figure: str,
    points: Sequence[Knobs],
    values: Sequence[float] | Callable[[Knobs], float],
    *,
    parts: Sequence[str] = (),
    free: Sequence[str] = (),
    base: bool = True,
) -> LatencyTable:
    """A table by least squares from networks that were measured whole.

    What the data leave open, as where each of six edges has some operator, is settled so: an
    operator that is not ``free`` costs something only beyond the cheapest one in its place.

    Args:
        values: one for each; or a function of the knobs that measures.
        parts: what has an entry for each value: a knob; several with commas in between, for each
            combination; or a pattern such as ``edge_*``, whose knobs share entries. By default
            each knob.
        free: values of knobs that cost nothing: ``none``, ``skip``.

    Raises:
        SpecError: no points, a part without a knob, or a value that is no finite number.
    """
    measured = [values(point) for point in points] if callable(values) else values
    y = measured_numbers(figure, measured, len(points))
    if len(points) < 2:
        raise SpecError("too few networks", key_path=figure, got=len(points), expected="2 or more")
    named = [tuple(text.split(",")) for text in parts or points[0]]
    seen = [{(n, k): x for n in named for k, x in _found(n, p).items()} for p in points]
    keys = sorted({key for row in seen for key in row}, key=lambda x: named.index(x[0]))
    costly = [key for key in keys if not set(key[1]) & set(free)]
    counts = np.array([[float(row.get(key, 0)) for key in costly] for row in seen])
    columns = np.column_stack([counts, np.full(len(y), float(base))])
    missed = left_out(columns, y, least_squares)
    *weights, lifted = least_squares(columns, y).tolist()
    entries = {**dict.fromkeys(keys, 0.0), **dict(zip(costly, weights, strict=True))}
    for names in named if base else ():
        own = [key for key in keys if key[0] == names]
        if set(own) <= set(costly):
            least = min(entries[key] for key in own)
            entries |= {key: entries[key] - least for key in own}
            lifted += least * sum(seen[0].get(key, 0) for key in own)
    told = {_key(*key): value for key, value in entries.items()}
    return LatencyTable(figure, told, lifted, float(np.sqrt((missed**2).mean())))


def _found(names: Names, knobs: Knobs, network: Network | None = None) -> Counter[Names]:
    """The entries that a network has of a part: values of its knobs, or layers.

    Raises:
        SpecError: there is no such knob, or no network for a part of layers.
    """
    if not names:
        if network is None:
            problem, expected = "a table of layers needs the network", "its graph beside its knobs"
            raise SpecError(problem, got=dict(knobs), expected=expected)
        layers = network.unique_layers()
        return Counter({(layer_key(each.layer),): each.count for each in layers})
    chosen = [names]
    if len(names) == 1 and any(mark in names[0] for mark in "*?["):
        chosen = [(knob,) for knob in knobs if fnmatchcase(knob, names[0])]
    if not chosen or not all(name in knobs for own in chosen for name in own):
        missing = next((x for own in chosen for x in own if x not in knobs), names[0])
        raise unknown_name("knob of the table", missing, list(knobs))
    return Counter(tuple(_text(knobs[name]) for name in own) for own in chosen)


def read_latency_table(path: str | Path, figure: str | None = None) -> LatencyTable:
    """A table that was written before, or one of Once-for-All or ProxylessNAS.

    Args:
        path: of a CSV, YAML or JSON file.
        figure: what its entries are; tables of the other two do not say.

    Raises:
        SpecError: no such file, or it is no table.
    """
    with located(file=str(path)):
        if Path(path).suffix == ".csv":
            return _from_csv(Path(path), figure)
        if Path(path).suffix == ".json":  # its numbers may be written as YAML's are not, 1e-05
            try:
                data: Any = json.loads(Path(path).read_text(encoding="utf-8"))
            except (OSError, ValueError, RecursionError) as error:
                raise SpecError(f"cannot be read: {error}") from error
        else:
            data = read_yaml(path)
        if not isinstance(data, Mapping) or not data:
            raise SpecError("not a table", got=data, expected="figure, base and entries")
        if "entries" not in data:
            return LatencyTable(
                _named(figure, path), {str(k): _mean(k, x) for k, x in data.items()}
            )
        for key in data:
            if key not in ("figure", "base", "error", "entries"):
                raise unknown_name("key", str(key), ("figure", "base", "error", "entries"))
        if not isinstance(data["entries"], Mapping):
            expected = "numbers by operators"
            raise SpecError(
                "not entries", key_path="entries", got=data["entries"], expected=expected
            )
        entries = {str(key): value for key, value in data["entries"].items()}
        name = figure or data.get("figure", "")
        return LatencyTable(name, entries, data.get("base", 0.0), data.get("error"))


def _from_csv(path: Path, figure: str | None) -> LatencyTable:
    table = read_table(path)
    table.require(("entry",))
    values = [name for name in table.columns if name != "entry"]
    if len(values) != 1:
        expected = "entry, and the figure's name"
        raise SpecError("not the columns of a table", got=list(table.columns), expected=expected)
    entries: dict[str, float] = {}
    for row, key in enumerate(map(str, table.columns["entry"])):
        if key in entries:
            raise SpecError("an entry occurs twice", key_path=table.place(row, "entry"), got=key)
        entries[key] = table.numbers_only(values[0], row, "a finite number")
    base, error = entries.pop("base", 0.0), entries.pop("error", None)
    return LatencyTable(figure or values[0], entries, base, error)


def _named(figure: str | None, path: str | Path) -> str:
    if figure is None:
        expected = "figure: what its entries are, with the unit"
        raise SpecError("the table does not say", got=str(path), expected=expected)
    return figure


def _mean(key: object, row: object) -> float:
    mean = finite_number(row.get("mean")) if isinstance(row, Mapping) else None
    if mean is None:
        raise SpecError("a row has no mean", key_path=str(key), got=row, expected="a number")
    return float(mean)


def _key(names: Names, values: Names) -> str:
    """An entry as text."""
    return ",".join(f"{n}={x}" for n, x in zip(names, values, strict=False)) or values[0]


def _text(value: object) -> str:
    """A value as entries have it: 6 for 6.0."""
    number = finite_number(value)
    text = str(value).strip() if number is None else f"{number:.17g}"
    if "," in text or "=" in text:
        expected = "no comma and no equals sign in it"
        raise SpecError("not a value of a table", got=value, expected=expected)
    return text
