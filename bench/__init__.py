"""Measurements of the whole path on real models; `make bench` prints them."""
