"""How many complete evaluations a second the batched simulator makes on one core."""
