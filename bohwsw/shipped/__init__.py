"""The specifications that come with bohwsw, and the rule by which a name or a path finds one.

In a source checkout they lie in ``models/`` and ``spaces/`` at the top; in an installed wheel in
folders of the same names beside this file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from bohwsw.errors import BohwswError, unknown_name

Kind = Literal["models", "spaces"]

_SINGULAR: dict[Kind, str] = {"models": "model", "spaces": "space"}


def shipped_folder(kind: Kind) -> Path:
    """The folder of shipped models or spaces; a BohwswError if the installation has none."""
    here = Path(__file__).resolve().parent
    for folder in (here / kind, here.parents[1] / kind):
        if folder.is_dir():
            return folder
    raise BohwswError(f"this installation of bohwsw has lost its folder of {kind}; reinstall it")


def shipped_names(kind: Kind) -> list[str]:
    """The names that can be given instead of a path, sorted."""
    return sorted(path.stem for path in shipped_folder(kind).glob("*.yaml"))


def find_spec(kind: Kind, name_or_path: str | Path) -> Path:
    """The file that a name or a path means.

    A bare name means a shipped file. Anything with a path separator, or that ends in ``.yaml`` or
    ``.yml``, is the user's own file and is returned as it is, whether it exists or not.

    Raises:
        SpecError: no shipped file has that name; it tells all names and the nearest.
    """
    text = str(name_or_path)
    is_path = isinstance(name_or_path, Path) or "/" in text or "\\" in text
    if is_path or text.lower().endswith((".yaml", ".yml")):
        return Path(name_or_path)
    names = shipped_names(kind)
    if text not in names:
        raise unknown_name(_SINGULAR[kind], text, names)
    return shipped_folder(kind) / f"{text}.yaml"
