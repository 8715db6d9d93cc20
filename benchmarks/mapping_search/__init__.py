"""Few evaluations: how near the best mapping of a layer a strategy gets in 50, 100 and 250."""
