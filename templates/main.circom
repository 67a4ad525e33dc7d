pragma circom 2.2.0;

// Written by zkpot; do not edit. Circuit $circuit_id
// The prover knows weights, committed in cm, with which this model classifies exactly k of
// $samples samples correctly, for context ctx and the data with digest dataset.

$includes

template Main() {
    signal input ctx;
    signal input dataset;
    signal input u[$folded_length];
    signal input labels[$label_inputs];
    signal input salt[2];
$parameter_inputs
$output_inputs

    // Private parameters, in their declared ranges, and their commitment.
$parameters
$commitment

    // The challenge: everything that the fold below uses is absorbed before it is squeezed.
$challenge
$parts

    // The model.
$nodes
}

component main {public [ctx, dataset, u, labels]} = Main();
