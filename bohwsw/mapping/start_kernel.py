"""Compiled: the exhaustive search for a placement of the factors that have no place outermost."""

from __future__ import annotations

from bohwsw.compiled import compiled
from bohwsw.mapping.sampling_kernel import may_enter
from bohwsw.mapping.tile_kernel import set_tiles, worst_ratio


@compiled(internal=True, once=True)
def is_twin(space, turn):
    """Whether a prime is of the same dimension and size as the one before it."""
    return (
        turn > 0
        and space.prime_dim[turn] == space.prime_dim[turn - 1]
        and space.prime[turn] == space.prime[turn - 1]
    )


@compiled()
def place_pinned(factors, keep, space, tiling, next_slot, best, bound, nodes):
    """Depth-first branch and bound over the slots of the pinned primes.

    A prime more never lowers the worst ratio, so that a branch at or above ``bound`` is cut off.
    Equal primes go to slots in rising order. The search ends at the first placement that fits.

    Args:
        factors: int64, L x 3 x 8, all 1; working memory.
        keep: bool, L x 3; what the levels keep.
        next_slot: int64, primes + 1; working memory.
        best: int64, L x 3 x 8; the best placement found ends here.
        bound: only placements with a lower worst ratio are looked for.
        nodes: how many partial placements may be looked at.

    Returns:
        (worst ratio of ``best``, or ``bound`` if there is none, nodes left).
    """
    set_tiles(factors, space.layer, tiling)
    ratio = worst_ratio(factors, keep, tiling, space.limits)
    turn = 0
    next_slot[0] = 0
    descending = ratio < bound
    while turn >= 0 and (descending or turn < space.pinned):
        if turn == space.pinned:  # a whole placement, better than any before
            bound = ratio
            for level in range(len(best)):
                for kind in range(3):
                    for d in range(8):
                        best[level, kind, d] = factors[level, kind, d]
            if bound <= 1.0:
                break
            turn -= 1
            descending = False
            continue
        d, prime = space.prime_dim[turn], space.prime[turn]
        if not descending:
            held = next_slot[turn] - 1
            factors[held // 3, held % 3, d] //= prime
        descending = False
        while next_slot[turn] < len(factors) * 3 and not descending:
            slot = next_slot[turn]
            next_slot[turn] += 1
            if may_enter(factors, space, slot // 3, slot % 3, d):
                if nodes == 0:
                    return bound, nodes
                nodes -= 1
                factors[slot // 3, slot % 3, d] *= prime
                set_tiles(factors, space.layer, tiling)
                ratio = worst_ratio(factors, keep, tiling, space.limits)
                descending = ratio < bound
                if not descending:
                    factors[slot // 3, slot % 3, d] //= prime
        if descending:
            turn += 1
            next_slot[turn] = 0
            if turn < space.pinned and is_twin(space, turn):
                next_slot[turn] = next_slot[turn - 1] - 1
        else:
            turn -= 1
    return bound, nodes
