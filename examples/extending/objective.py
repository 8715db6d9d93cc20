"""An objective of one's own: energy times the square of the delay (ED2P), where speed counts more.

A. J. Martin, M. Nystroem, P. I. Penzes, "ET2: a metric for time and energy efficiency of
computation", in Power Aware Computing, 2002.
"""

from bohwsw.codesign import Figure, register_figure


def energy_delay_squared(design):
    """Of a design of one network; pJ x cycles^2."""
    return design.energy_pj * design.latency_cycles**2


register_figure(
    Figure("ed2p_pj_cycles2", "pJ x cycles^2", of=energy_delay_squared, objective="ed2p")
)
