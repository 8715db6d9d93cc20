"""How good the mappings found are, against the best known and against Timeloop's own mapper."""
