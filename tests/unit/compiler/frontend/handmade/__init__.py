"""Machinery of the tests beside it: quantized models made node by node."""
