"""How good the mappers are, what is proven of their answers, and in what time."""
