"""Benchmark: what a suggestion of the Bayesian strategy costs."""
