"""Files of AccelForge 1.0: architectures, workloads of one einsum, mappings."""
