"""Measurements, run as ``python -m benchmarks NAME [--smoke] [--json]``."""
