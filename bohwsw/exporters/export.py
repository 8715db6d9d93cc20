"""A design as a folder of files that another tool, a compiler or a person reads.

Each target is one function from a design to an ``Export``; ``targets`` has them by name. What a
target cannot say stands in the folder's README.md under "Lost in translation", and so does how to
run the tool.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from bohwsw.arch import StorageLevel
from bohwsw.codesign import Design, Hardware, MappedLayer
from bohwsw.errors import ResultFolderError, SpecError
from bohwsw.mapping import violations
from bohwsw.simulator import Evaluation, simulate
from bohwsw.workload import Layer, Network

NETWORK = "network"
"""The folder of a whole network."""


@dataclass(frozen=True)
class Export:
    """What is written of a design."""

    target: str  # the tool with its version, or the format
    files: Mapping[str, str | bytes]  # texts or bytes by their paths in the folder
    how_to_run: tuple[str, ...]  # lines of Markdown
    lost: tuple[str, ...] = ()  # what the target cannot say, or counts otherwise; lines of Markdown

    def readme(self, design: Design) -> str:
        """The README.md of the folder."""
        lost = [f"- {line}" for line in self.lost] or ["Nothing."]
        title = f"# {design.network} on {design.hardware.chip.name}, for {self.target}"
        how = ("", *self.how_to_run, "", "## Lost in translation", "")
        return "\n".join([title, *how, *lost, ""])


def export_layers(
    design: Design,
    target: str,
    files_of: Callable[[MappedLayer, Hardware], Mapping[str, str | bytes]],
    how_to_run: tuple[str, ...],
    lost: tuple[str, ...],
    files: Mapping[str, str | bytes] | None = None,
) -> Export:
    """A folder for each layer; a layer that the target cannot hold is named among what is lost.

    Args:
        target: as in ``Export``, as ``how_to_run`` and ``lost`` are.
        files_of: the files of a layer on the core that runs it; a SpecError where there are none.
        files: of the folder itself.

    Raises:
        SpecError: the target holds no layer of the design.
    """
    made = dict(files or {})
    held = 0
    refused = []
    for name, mapped in layer_folders(design):
        try:
            own = files_of(mapped, design.core_of(mapped))
        except SpecError as error:
            refused.append(f"{name}: {error}")
            continue
        made.update({f"{name}/{file}": content for file, content in own.items()})
        held += 1
    if not held:
        raise SpecError(f"{target} holds no layer of this design", got=refused[0])
    return Export(target, made, (*how_to_run, "", counts_line(design)), (*refused, *lost))


def counted_with_padding(mapped: MappedLayer, core: Hardware) -> Evaluation:
    """What a mapped layer costs where padding takes room and is moved, as targets count it.

    Raises:
        SpecError: the mapping fits only without padding.
    """
    layer = replace(mapped.entry.layer, input_width=None, input_height=None)
    for broken in violations(layer, core.architecture, mapped.mapping):
        raise SpecError(
            f"the mapping fits without padding only: {broken}",
            expected="one found with it: bohwsw import --with-padding, Network.with_padding",
        )
    return simulate(layer, core.architecture, mapped.mapping, core.costs)


def with_network(
    made: Export,
    files_of: Callable[[], Mapping[str, str | bytes]],
    how: tuple[str, ...],
    lost: tuple[str, str],
) -> Export:
    """An export with a folder for the whole network, too, if the target can hold its graph.

    Args:
        files_of: the files of the network; a SpecError where there are none.
        how: how the layers are run; its second line is followed by that of the network.
        lost: what is lost with the network; and what begins a line where there is none.
    """
    try:
        files = {f"{NETWORK}/{name}": content for name, content in files_of().items()}
    except SpecError as error:
        why = " ".join(str(error).split())
        return replace(made, lost=(f"{lost[1]}{why}", *made.lost))
    told = (*how[:2], f"python run.py {NETWORK}", *how[2:], *made.how_to_run[len(how) :])
    files = {**made.files, **files}
    return replace(made, files=files, how_to_run=told, lost=(lost[0], *made.lost))


def yaml_texts(files: Mapping[str, Any]) -> dict[str, str]:
    """Plain data by the names of files as texts of YAML."""
    return {name: yaml.safe_dump(data, sort_keys=False) for name, data in files.items()}


def graph_of(design: Design) -> Network:
    """The graph of a design of one network on one core, all of whose layers are mapped.

    Raises:
        SpecError: it has none, or is another design.
    """
    if len(design.networks) != 1 or design.schedule is not None:
        raise SpecError("a design of one network on one core has it")
    network = design.networks[0].network
    if network is None or not network.edges:
        raise SpecError("the design does not tell its edges")
    if design.unmapped or any(mapped.imperfect for mapped in design.layers):
        raise SpecError("a layer has no mapping, or an imperfect one")
    return network


def level_name(index: int, level: StorageLevel) -> str:
    """A name for other tools: unique, letters and digits, special in no table."""
    return f"L{index}_" + re.sub(r"\W", "_", level.name, flags=re.ASCII)


def refuse_bits(layer: Layer) -> None:
    """Refuse a layer that says how many bits its data have: the others count words."""
    bits = {space: width for space, width in layer.bits.items() if width is not None}
    if bits:
        raise SpecError(
            f"layer {layer.name!r} says its bits, and other simulators are given words only",
            key_path="bits",
            got=bits,
            expected="none: the level's own word_bits",
        )


def layer_folders(design: Design) -> Iterator[tuple[str, MappedLayer]]:
    """Each mapped layer with a name of its own that any file system takes."""
    digits = len(str(len(design.layers)))
    for number, mapped in enumerate(design.layers, 1):
        plain = re.sub(r"[^\w.-]+", "_", mapped.entry.layer.name, flags=re.ASCII)[:60].strip("._")
        yield f"{number:0{digits}d}-{plain or 'layer'}", mapped


def counts_line(design: Design) -> str:
    """How often each layer occurs, for people who add the figures of layers up."""
    counts = ", ".join(f"{name} {m.entry.count}" for name, m in layer_folders(design))
    return f"Each layer is here once; the network has them this often: {counts}."


def write_folder(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a new or empty folder, which is there whole or not at all.

    Raises:
        ResultFolderError: the folder has something in it or cannot be written.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ResultFolderError(f"{folder}: is there already; export to a new or empty folder")
        if not folder.absolute().parent.is_dir():
            raise ResultFolderError(f"{folder}: there is no folder {folder.absolute().parent}")
        part = folder.absolute().with_name(f".{secrets.token_hex(8)}.part")
        try:
            for name, content in files.items():
                place = part / PurePosixPath(name)
                place.parent.mkdir(parents=True, exist_ok=True)
                if isinstance(content, str):
                    content = content.encode("utf-8", errors="backslashreplace")
                place.write_bytes(content)
            part.replace(folder)
        finally:
            with suppress(OSError):
                shutil.rmtree(part)
    except (OSError, ValueError) as error:
        raise ResultFolderError(f"{folder}: cannot be written: {error}") from error
    return folder
