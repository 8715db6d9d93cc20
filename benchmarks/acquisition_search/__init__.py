"""Benchmark: how high an acquisition pool and climb get, beside a large random pool."""
