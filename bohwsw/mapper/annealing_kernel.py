"""Compiled: simulated annealing over the valid mappings of one layer on one machine.

Kirkpatrick, Gelatt, Vecchi, "Optimization by Simulated Annealing", Science 220 (1983). The state is
one mapping; the energy of the method is the logarithm of the objective, so that temperatures mean
the same for every layer: a step that makes the result 1 % worse costs 0.01.
"""

from __future__ import annotations

import math

import numpy as np

from bohwsw.compiled import compiled
from bohwsw.mapping.sampling_kernel import fill_row, may_enter
from bohwsw.simulator.evaluation_kernel import evaluate_row, new_scratch

EDP, ENERGY, LATENCY = range(3)

HOT, COLD = 0.5, 0.002
"""First and last temperature, in units of the logarithm of the objective."""


@compiled()
def score(objective, cycles, energy):
    """Logarithm of the objective of a valid mapping."""
    if objective == ENERGY:
        return math.log(energy)
    if objective == LATENCY:
        return math.log(cycles) + 1e-9 * math.log(energy)
    return math.log(energy) + math.log(cycles)


@compiled()
def random_slot_of(factors, d):
    """A random slot that holds a factor of dimension d; -1 if there is none."""
    seen = 0
    chosen = -1
    for level in range(len(factors)):
        for kind in range(3):
            if factors[level, kind, d] > 1:
                seen += 1
                if np.random.randint(seen) == 0:
                    chosen = level * 3 + kind
    return chosen


@compiled()
def random_prime_of(number):
    """A random prime factor of a number above 1, every different one equally likely."""
    seen = 0
    chosen = number
    rest = number
    prime = 2
    while prime * prime <= rest:
        if rest % prime == 0:
            seen += 1
            if np.random.randint(seen) == 0:
                chosen = prime
            while rest % prime == 0:
                rest //= prime
        prime += 1
    if rest > 1:
        seen += 1
        if np.random.randint(seen) == 0:
            chosen = rest
    return chosen


@compiled()
def move_factor(factors, space, d, source, target, amount):
    """Take a factor of dimension d from one slot to another; False if it may not go there."""
    if source == target or not may_enter(factors, space, target // 3, target % 3, d):
        return False
    factors[source // 3, source % 3, d] //= amount
    factors[target // 3, target % 3, d] *= amount
    return True


@compiled()
def propose_factors(factors, space, dims):
    """Move a prime, or all of a slot's factor, or exchange two primes between two slots."""
    d = dims[np.random.randint(len(dims))]
    source = random_slot_of(factors, d)
    target = np.random.randint(len(factors) * 3)
    here = factors[source // 3, source % 3, d]
    kind = np.random.random()
    amount = here if kind < 0.15 else random_prime_of(here)
    if not move_factor(factors, space, d, source, target, amount):
        return False
    if kind > 0.6:  # a second factor makes room by going elsewhere
        e = dims[np.random.randint(len(dims))]
        leaving = target if kind > 0.75 else random_slot_of(factors, e)
        arriving = source if kind > 0.75 else np.random.randint(len(factors) * 3)
        there = factors[leaving // 3, leaving % 3, e]
        if there > 1:
            move_factor(factors, space, e, leaving, arriving, random_prime_of(there))
    return True


@compiled()
def propose_order(factors, order, spatial_too):
    """Take one loop to another place in the order of its list; False if that changes nothing."""
    kind = np.random.randint(3) if spatial_too and np.random.random() < 0.2 else 0
    level = np.random.randint(len(factors))
    line = order[level, kind]
    source = np.random.randint(8)
    target = np.random.randint(8)
    d = line[source]
    if source == target or factors[level, kind, d] == 1:
        return False
    step = 1 if target > source else -1
    passed = False
    for place in range(source, target, step):
        line[place] = line[place + step]
        passed = passed or factors[level, kind, line[place]] > 1
    line[target] = d
    return passed


@compiled()
def propose_keep(keep, space):
    """Keep or bypass one data space at one level; False if the space leaves no choice there."""
    level = np.random.randint(len(keep))
    data_space = np.random.randint(3)
    if space.keep_must[level, data_space] or not space.keep_may[level, data_space]:
        return False
    keep[level, data_space] = not keep[level, data_space]
    return True


@compiled(allocates=True)
def anneal(chains, space, start, hardware, machine, steps, objective, seed, best, trace):
    """Anneal each chain of a batch; the best mapping found ends in row 0 of ``best``.

    Args:
        chains: a batch used as working memory, one row a chain; the chains run one after another.
        space: ``SpaceArrays`` of the map space on the machine.
        start: see ``fill_row``.
        hardware: ``HardwareBatch``; ``machine`` is the row of it to map onto.
        steps: evaluations of each chain.
        objective: EDP, ENERGY or LATENCY.
        seed: of all random draws.
        best: a batch of one row.
        trace: float64; the best score after each of equal shares of all evaluations.

    Returns:
        (best score, evaluations made, valid evaluations).
    """
    np.random.seed(seed)
    depth = len(space.allowed)
    scratch = new_scratch(hardware)
    dims = np.unique(space.prime_dim)
    spatial_too = np.any(hardware.hop_energy[machine] > 0.0)
    cooling = (COLD / HOT) ** (1.0 / max(1, steps - 1))
    total = len(chains.factors) * steps
    best_score = np.inf
    done = 0
    valid = 0
    factors = np.empty((depth, 3, 8), dtype=np.int64)
    order = np.empty((depth, 3, 8), dtype=np.int8)
    keep = np.empty((depth, 3), dtype=np.bool_)
    for chain in range(len(chains.factors)):
        now_factors, now_order = chains.factors[chain], chains.order[chain]
        now_keep = chains.keep[chain]
        fill_row(now_factors, now_order, now_keep, space, start, scratch.tiling)
        now = np.inf
        temperature = HOT
        for step in range(steps):
            factors[:] = now_factors
            order[:] = now_order
            keep[:] = now_keep
            changed = step == 0
            while not changed:
                kind = np.random.random()
                if len(dims) > 0 and kind < 0.6:
                    changed = propose_factors(factors, space, dims)
                elif kind < 0.9:
                    changed = propose_order(factors, order, spatial_too)
                else:
                    changed = propose_keep(keep, space)
                if not changed and kind >= 0.99:
                    break  # some spaces leave next to no choice; never spin
            ratio, cycles, energy = evaluate_row(
                factors, order, keep, space.layer, hardware, machine, scratch
            )
            done += 1
            if ratio <= 1.0:
                valid += 1
                new = score(objective, cycles, energy)
                if new <= now or np.random.random() < math.exp((now - new) / temperature):
                    now = new
                    now_factors[:] = factors
                    now_order[:] = order
                    now_keep[:] = keep
                if new < best_score:
                    best_score = new
                    best.factors[0] = factors
                    best.order[0] = order
                    best.keep[0] = keep
            trace[(done - 1) * len(trace) // total] = best_score
            temperature *= cooling
    return best_score, done, valid
