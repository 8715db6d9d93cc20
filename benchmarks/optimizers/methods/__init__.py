"""The optimisers compared: one file each, with the best settings that we know for it."""
