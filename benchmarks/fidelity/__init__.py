"""Benchmark: several fidelities beside the dear one alone, at equal cost."""
