"""Co-design experiments: the paper's table, equal area, other methods, regret."""
