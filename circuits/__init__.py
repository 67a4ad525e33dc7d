"""The hand-written Circom library, carried as package data."""
