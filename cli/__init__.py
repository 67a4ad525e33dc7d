"""The command line: arguments in, results out; what happens between lives in zkpot.prover."""
