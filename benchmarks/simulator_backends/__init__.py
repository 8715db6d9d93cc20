"""The batched simulator in whole-array operations, run by NumPy and by torch, against numba's."""
