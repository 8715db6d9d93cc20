"""Optimisers on small constrained problems with known optima: ours and the tools in use today."""
