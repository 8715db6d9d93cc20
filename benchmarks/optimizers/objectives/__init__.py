"""Problems of several objectives, beside peers: ``python -m benchmarks.optimizers.objectives``."""
