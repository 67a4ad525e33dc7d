"""Compiling small circuits, solving them, and evaluating their equations outside any tool."""
