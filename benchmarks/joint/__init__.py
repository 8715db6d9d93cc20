"""Joint searches of networks and machines against the ways that search them apart."""
