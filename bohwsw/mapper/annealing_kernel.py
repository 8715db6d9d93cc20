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
from bohwsw.mapping.transplant_kernel import transplant
from bohwsw.simulator.evaluation_kernel import evaluate_row, new_scratch

EDP, ENERGY, LATENCY = range(3)

HOT, COLD = 0.2, 0.005
"""First and last temperature, in units of the logarithm of the objective."""

WARM = 0.1
"""First temperature of a chain that starts from a given mapping."""

SCREENED = 0.04
"""Share of a chain's evaluations spent on random mappings, of which the best is the start."""

TRANSPLANTS = 4
"""How often each given mapping is tried among them: what does not fit is placed at random."""


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
    factors[source // 3, source % 3, d] //= amount
    entered = source != target and may_enter(factors, space, target // 3, target % 3, d)
    slot = target if entered else source
    factors[slot // 3, slot % 3, d] *= amount
    return entered


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
def propose_order(factors, order, space, spatial_too):
    """Take one loop to another place in the order of its list; False if that changes nothing."""
    kind = np.random.randint(3) if spatial_too and np.random.random() < 0.2 else 0
    level = np.random.randint(len(factors))
    line = order[level, kind]
    source = np.random.randint(8)
    target = np.random.randint(8)
    d = line[source]
    if source == target or factors[level, kind, d] == 1:
        return False
    if kind == 0 and space.innermost[level, d] != space.innermost[level, line[target]]:
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


@compiled()
def propose(factors, order, keep, space, dims, spatial_too):
    """Change a mapping at random. A space may leave next to no choice, so tries are bounded."""
    for _ in range(100):
        kind = np.random.random()
        if kind < 0.6 and len(dims) > 0:
            changed = propose_factors(factors, space, dims)
        elif kind < 0.9:
            changed = propose_order(factors, order, space, spatial_too)
        else:
            changed = propose_keep(keep, space)
        if changed:
            return


@compiled()
def copy_mapping(source, target):
    """Copy the first mapping of a batch over that of another."""
    for level in range(source.factors.shape[1]):
        for kind in range(3):
            target.keep[0, level, kind] = source.keep[0, level, kind]
            for d in range(8):
                target.factors[0, level, kind, d] = source.factors[0, level, kind, d]
                target.order[0, level, kind, d] = source.order[0, level, kind, d]


@compiled(allocates=True)
def anneal(
    space,
    start,
    given,
    hardware,
    machine,
    schedule,
    steps,
    objective,
    seed,
    now,
    new,
    best,
    trace,
    share,
):
    """Anneal from the best of some random valid mappings; the best one found ends in ``best``.

    Args:
        space: ``SpaceArrays`` of the map space on the machine.
        start: see ``fill_row``.
        given: a batch of mappings, or none, that are tried among the random ones; see
            ``transplant``. With them the chain starts less hot.
        hardware: ``HardwareBatch``; ``machine`` is the row of it to map onto.
        schedule: evaluations over which the chain cools down.
        steps: evaluations to make, at most ``schedule``: a chain cut short is the beginning of the
            whole one.
        objective: EDP, ENERGY or LATENCY.
        seed: of all random draws.
        now: a batch of one row, working memory; so is ``new``.
        best: a batch of one row.
        trace: float64; the best score of this chain after each of equal shares of the budget.
        share: (evaluations before this chain, budget of the whole search).

    Returns:
        (best score, valid evaluations).
    """
    np.random.seed(seed)
    scratch = new_scratch(hardware)
    dims = np.unique(space.prime_dim)
    spatial_too = np.any(hardware.hop_energy[machine] > 0.0)
    temperature = hot = WARM if len(given.factors) > 0 else HOT
    screened = max(1, int(SCREENED * schedule))
    cooling = (COLD / hot) ** (1.0 / max(1, schedule - screened))
    score_now = score_best = np.inf
    valid = 0
    for step in range(steps):
        if step < screened and step < TRANSPLANTS * len(given.factors):
            row = step % len(given.factors)
            transplant(
                new.factors[0], new.order[0], new.keep[0], given, row, space, start, scratch.tiling
            )
        elif step < screened:
            fill_row(new.factors[0], new.order[0], new.keep[0], space, start, scratch.tiling)
        else:
            if step == screened:
                copy_mapping(best, now)
                score_now = score_best
            copy_mapping(now, new)
            propose(new.factors[0], new.order[0], new.keep[0], space, dims, spatial_too)
            temperature *= cooling
        ratio, cycles, energy = evaluate_row(
            new.factors[0], new.order[0], new.keep[0], space.layer, hardware, machine, scratch
        )
        if ratio <= 1.0:
            valid += 1
            score_new = score(objective, cycles, energy)
            worse = score_new - score_now
            if worse <= 0.0 or np.random.random() < math.exp(-worse / temperature):
                score_now = score_new
                copy_mapping(new, now)
            if score_new < score_best:
                score_best = score_new
                copy_mapping(new, best)
        trace[(share[0] + step) * len(trace) // share[1]] = score_best
    return score_best, valid
