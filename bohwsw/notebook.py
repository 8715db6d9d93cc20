"""Progress bars in notebooks: HTML that is updated in place, where a kernel of IPython runs.

Nothing is imported for it: IPython is there already where a notebook runs.
"""

from __future__ import annotations

import sys
import time
from html import escape
from typing import Any

LEAST_SECONDS = 0.2
"""Between two updates, but for the last one."""


class NotebookBars:
    """A bar for each piece of work, one below the other.

    Args:
        display: IPython's ``display``.
    """

    def __init__(self, display: Any) -> None:
        self._display = display
        self._handle: Any = None
        self._shown_at = 0.0
        self._bars: dict[str, tuple[int, int, str]] = {}
        self._begun: dict[str, float] = {}
        self._ended: dict[str, float] = {}

    def show(self, name: str, done: int, total: int, told: str = "") -> None:
        """Bring a bar up to date.

        Args:
            name: of the piece of work.
            done: how much of it is.
            total: how much there is.
            told: what is known by now.
        """
        now = time.monotonic()
        self._begun.setdefault(name, now)
        is_new = name not in self._bars
        self._bars[name] = done, total, told
        if done >= total:
            self._ended.setdefault(name, now)
        if not is_new and done < total and now - self._shown_at < LEAST_SECONDS:
            return
        self._shown_at = now
        lines = [(*bar, self._words(name, *bar)) for name, bar in self._bars.items()]
        bundle = {
            "text/plain": "\n".join(words for *_, words in lines),
            "text/html": "".join(
                f"<div><progress value='{done}' max='{max(1, total)}' "
                f"aria-label='{escape(words, quote=True)}'></progress> {escape(words)}</div>"
                for done, total, _, words in lines
            ),
        }
        if self._handle is None:
            self._handle = self._display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)

    def _words(self, name: str, done: int, total: int, told: str) -> str:
        seconds = self._ended.get(name, time.monotonic()) - self._begun[name]
        spent = f"{_shown(seconds)}"
        if 0 < done < total:
            spent += f", about {_shown(seconds * (total - done) / done)} left"
        return ", ".join(filter(None, (f"{name}: {done} of {total}", told, spent)))


def notebook_bars() -> NotebookBars | None:
    """Bars of their own for a call; None outside of notebooks."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if ipython is None or getattr(shell, "kernel", None) is None:
        return None
    return NotebookBars(ipython.display.display)


def _shown(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
