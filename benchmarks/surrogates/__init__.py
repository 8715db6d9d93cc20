"""Benchmark: how well and how fast the surrogates predict."""
