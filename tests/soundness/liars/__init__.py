"""What a cheating prover would write for each hint, and who is to catch it."""
