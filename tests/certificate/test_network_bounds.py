"""What bounds of layers come to together, against every share of time among them."""

from __future__ import annotations

import numpy as np
import pytest

from bohwsw.certificate.network_bounds import least_products

ONE = np.ones(1)


@pytest.mark.parametrize("seed", range(8))
def test_no_shares_of_time_among_layers_are_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    layers = 1 + seed % 4
    energies, cycles = 10.0 ** rng.uniform(0, 2, layers), 10.0 ** rng.uniform(0, 2, (3, layers))
    products = energies * cycles * 10.0 ** rng.uniform(0, 1.5, cycles.shape)
    products[0, 0] = energies[0] * cycles[0, 0]  # its energy and its cycles at once
    counts = rng.integers(1, 4, layers).astype(float)
    bounds = least_products(energies, cycles, products, counts)
    for bound, fewest, b in zip(bounds, cycles, products, strict=True):
        most = b / energies
        taken = fewest * (most / fewest) ** rng.random((2_000, layers))
        # The best of all ways to share: those in which all layers save as much for a cycle more.
        prices = np.logspace(-6, 6, 4_001)[:, None]
        alike = np.clip(np.sqrt(b / prices), fewest, most)
        values = [(ways @ counts) * ((b / ways) @ counts) for ways in (taken, alike)]
        assert bound <= values[0].min() * (1 + 1e-12)
        assert bound == pytest.approx(values[1].min(), rel=1e-4)
        apart = max((np.sqrt(b) @ counts) ** 2, (energies @ counts) * (fewest @ counts))
        assert bound >= apart * (1 - 1e-12)


def test_what_cannot_run_has_no_product() -> None:
    products = np.array([[np.inf], [6.0]])
    assert least_products(ONE, np.array([[2.0], [2.0]]), products, ONE).tolist() == [np.inf, 6.0]
    nothing_known = least_products(0.0 * ONE, np.array([[2.0]]), np.array([[5.0]]), ONE)
    assert nothing_known == pytest.approx(5.0)
