pragma circom 2.2.0;

include "../lib/bits.circom";

/// @notice Forces every element into [lo, lo + 2^bits) and passes it on. bits constraints each.
/// @param in any field elements; outside the interval no assignment satisfies.
template RangeChecked(n, M, bits, lo) {
    signal input in[n][M];
    signal output out[n][M];

    component range[n];
    for (var i = 0; i < n; i++) {
        range[i] = RangeCheck(M, bits, lo);
        range[i].in <== in[i];
        out[i] <== in[i];
    }
}
