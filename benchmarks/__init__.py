"""Benchmarks: ``python -m benchmarks.NAME [--quick] [--json] [--out FOLDER]``.

Each is a package with its problem (what is measured), its method (how), its runner (what is run in
which order) and its command apart; results lie in ``benchmarks/results``, written by ``--out``. The
runs behind pages that take hours lie in ``benchmarks/runs``: a benchmark goes on from them, on any
machine.
"""
