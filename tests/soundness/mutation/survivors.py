"""Mutants that nothing notices, and why there is nothing to notice."""

from __future__ import annotations

REASONS: dict[str, str] = {}
