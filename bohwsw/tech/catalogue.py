"""The technologies by name, and the place to add one's own."""

from __future__ import annotations

import re

from bohwsw.errors import SpecError, unknown_name
from bohwsw.tech.cacti import Cacti
from bohwsw.tech.eyeriss65 import Eyeriss65
from bohwsw.tech.pat import TimeloopPat
from bohwsw.tech.technology import Technology

_BUILT_IN: tuple[Technology, ...] = (
    TimeloopPat(),
    Eyeriss65(),
    Cacti(65),
    Cacti(45),
    Cacti(32),
    Cacti(22),
)
_REGISTERED: dict[str, Technology] = {built_in.name: built_in for built_in in _BUILT_IN}

# Nodes between the tabled ones, like cacti-28nm.
_CACTI_NODE = re.compile(r"cacti-(\d{1,4}(?:\.\d{1,3})?)nm")


def technology(name: str) -> Technology:
    """The technology called ``name``.

    Args:
        name: one of :func:`technology_names`, or ``cacti-<node>nm`` for any node from 22 to 65.

    Raises:
        SpecError: if there is none of that name, or its node is outside the table.
    """
    found = _REGISTERED.get(name) if isinstance(name, str) else None
    if found is not None:
        return found
    match = _CACTI_NODE.fullmatch(name) if isinstance(name, str) else None
    if match is not None:
        return Cacti(float(match.group(1)))
    raise unknown_name("technology", name, technology_names())


def technology_names() -> list[str]:
    """Names that :func:`technology` knows, built-in ones first; nodes between are not listed."""
    return list(_REGISTERED)


def register_technology(new: Technology, *, replace: bool = False) -> None:
    """Make a technology of one's own available by its name, in this process.

    Args:
        new: an object with the members of :class:`~bohwsw.tech.technology.Technology`.
        replace: whether it may take the place of one that has the same name.

    Raises:
        SpecError: if a member is missing, the name is not usable or already taken.
    """
    if not isinstance(new, Technology):
        raise SpecError(
            "this is not a technology",
            got=new,
            expected="an object with name, source, storage, mac and hop_energy_pj",
        )
    if not isinstance(new.name, str) or not new.name.strip():
        raise SpecError("a technology needs a name", key_path="name", got=new.name)
    if new.name in _REGISTERED and not replace:
        raise SpecError(
            "a technology of this name exists",
            key_path="name",
            got=new.name,
            expected="another name, or replace=True",
        )
    _REGISTERED[new.name] = new
