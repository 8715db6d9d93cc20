"""Proofs put to the test: bounds and optima against a brute force that shares no code."""
