"""What is filled in and emitted, carried as package data."""
