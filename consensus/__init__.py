"""The harness of a round: draws the test batch, collects proofs, refuses false ones, ranks."""
