"""Files of Timeloop, version 0.2 to 0.4: architectures, problems, mappings, constraints, ERTs."""
