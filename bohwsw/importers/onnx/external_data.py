"""External data of tensors: only from within the model's folder, and only as much as is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bohwsw.importers.onnx.problems import OnnxError


def external_file(tensor: Any, folder: Path) -> tuple[Path, int, int | None]:
    """Where the values of a tensor lie: file, offset, and length if the model says it."""
    place = f"tensor {tensor.name!r}"
    entries = {entry.key: entry.value for entry in tensor.external_data}
    location = entries.get("location", "")
    expected = "a file in the model's folder"
    parts = Path(location).parts
    is_inside = bool(parts) and not Path(location).is_absolute() and ".." not in parts
    if not is_inside or "\\" in location or "\0" in location:
        raise OnnxError(
            "external data outside the model's folder",
            key_path=place,
            got=repr(location),
            expected=expected,
        )
    path = folder / location
    try:
        is_link = any(at.is_symlink() for at in (path, *path.parents[: len(parts) - 1]))
        is_there = path.is_file()
    except OSError:  # a name of any length
        is_link = is_there = False
    if is_link or not is_there:
        raise OnnxError(
            "external data behind a link" if is_link else "external data are not there",
            key_path=place,
            got=repr(location),
            expected=expected,
        )
    try:
        offset = int(entries.get("offset", "0") or 0)
        length = int(entries["length"]) if entries.get("length") else None
    except ValueError:
        raise OnnxError(
            "external data without a place",
            key_path=place,
            got=f"offset {entries.get('offset')!r}, length {entries.get('length')!r}",
            expected="whole numbers",
        ) from None
    return path, offset, length


def checked_bytes(tensor: Any, folder: Path, wanted: int) -> int:
    """How many bytes of values a tensor has in its external file."""
    path, offset, length = external_file(tensor, folder)
    length = wanted if length is None else length
    size = path.stat().st_size
    if offset < 0 or length < 0 or offset + length > size:
        raise OnnxError(
            "external data end too early",
            key_path=f"tensor {tensor.name!r}",
            got=f"{size} bytes in {path.name}",
            expected=f"{length} bytes from {offset} on",
        )
    return length


def external_bytes(tensor: Any, folder: Path, most: int) -> bytes | None:
    """The values of a small tensor, None of one above ``most`` bytes."""
    path, offset, length = external_file(tensor, folder)
    if length is None:
        length = max(0, path.stat().st_size - offset)
    if length > most:
        return None
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(length)
