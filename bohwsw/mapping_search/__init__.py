"""Mappings as a design space, searched by strategies: the co-design paper's inner loop."""
