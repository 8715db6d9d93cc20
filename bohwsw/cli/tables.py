"""The look of tables, and of amounts in them."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table


def plain_table(title: str, *columns: str) -> Table:
    """An empty table without a frame: first column to the left, the others to the right."""
    table = Table(
        title=title or None,
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 0, 0, 1),
        collapse_padding=True,
        pad_edge=False,
        show_edge=False,
    )
    for position, column in enumerate(columns):
        table.add_column(column, justify="left" if position == 0 else "right", no_wrap=True)
    return table


def microjoules(energy_pj: float) -> str:
    """An energy in uJ, three digits or a whole number."""
    value = energy_pj * 1e-6
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
