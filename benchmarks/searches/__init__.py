"""Published searches side by side: the same problems, the same evaluations, the same limits."""
