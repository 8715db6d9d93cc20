"""Warm starts are a function of the number of observations, not of who asked before."""

from bohwsw.strategies.warm_starts import WarmStarts, checkpoint_below, fitted_at


def recorded():
    calls = []

    def fit(n, start, iterations):
        calls.append((n, start))
        return (n, start)

    return WarmStarts(fit), calls


def test_the_chain_does_not_depend_on_the_order_of_questions():
    steady, _ = recorded()
    for n in range(1, 60):
        steady.at(n)
    late, calls = recorded()
    assert late.at(59) == steady.at(59)
    assert len(calls) < 10


def test_a_fit_starts_at_the_checkpoint_below():
    warm, calls = recorded()
    warm.at(100)
    assert calls[0] == (4, None)
    assert [n for n, _ in calls] == sorted(n for n, _ in calls)
    assert calls[-1][1][0] == checkpoint_below(100) < 100


def test_not_every_one_of_many_observations_leads_to_a_fit():
    warm, calls = recorded()
    for n in range(1, 251):
        warm.at(n)
    assert [fitted_at(n) for n in (1, 24, 31, 32, 33, 250)] == [1, 24, 31, 32, 32, 240]
    assert fitted_at(254) == 240
    assert len(calls) < 120


def test_checkpoints_grow():
    assert [checkpoint_below(n) for n in (1, 4, 5, 7, 8)] == [0, 0, 4, 4, 7]


def test_it_forgets_but_answers_alike():
    warm, _ = recorded()
    first = warm.at(3)
    for n in range(1, 200):
        warm.at(n)
    assert warm.at(3) == first
