"""Other people's tools, a module each, behind an extra each: Ax, Optuna, Timeloop, AccelForge."""
