"""The prover: drives circom and snarkjs, keeps keys and artifacts; alone may start processes."""
