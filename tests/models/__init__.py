"""Trained networks that tests load, and what makes them."""
