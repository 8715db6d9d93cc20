"""Schedules of several networks on chips of several cores: ``python -m benchmarks.cores``."""
