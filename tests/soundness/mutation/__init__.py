"""Mutants of circuits/: one weakness each, and which of the suite's criteria notices it."""
