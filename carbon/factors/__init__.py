"""Emission factors, parameters and the frozen registry that resolves them."""
