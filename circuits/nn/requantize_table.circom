pragma circom 2.2.0;

include "../lib/lookup.circom";

/// @notice out = lo + the q with threshold[q] <= in < threshold[q + 1]: any monotone step function
///         of at most 256 steps, exactly. At most 2n + 63 constraints: 8 bits of q,
///         22 monomials, 30 products, two range checks of n bits, and 3 linear ones.
/// @param n          bits of the longest step, 2^n >= threshold[q + 1] - threshold[q], n <= 252.
/// @param threshold  non-decreasing; threshold[0] <= in < threshold[256]. Steps that no input
///                   reaches are empty (equal thresholds), and no q can stand on them.
/// @param in         any field element; outside [threshold[0], threshold[256]) no assignment
///                   satisfies, so this template also range-checks `in`.
/// @return out       q is a hint; exactly one q has in - threshold[q] >= 0 and
///                   threshold[q + 1] - 1 - in >= 0, and the range checks demand both.
template RequantizeTableOne(n, lo, threshold) {
    assert(n <= 252);
    signal input in;
    signal output out;

    var q = 0;
    for (var i = 1; i < 256; i++) {
        if (in >= threshold[i]) { q = i; }
    }
    signal quotient <-- q;
    var from[256];
    var to[256];
    for (var i = 0; i < 256; i++) {
        from[i] = threshold[i];
        to[i] = threshold[i + 1];
    }
    component step = Lookup(8, 0, 2, [from, to]);
    step.in <== quotient;

    component above = Bits(n, 0);
    above.in <== in - step.out[0];
    component below = Bits(n, 0);
    below.in <== step.out[1] - 1 - in;
    out <== quotient + lo;
}

/// @notice RequantizeTableOne over n samples of M elements, with a row of thresholds for each of
///         `channels` equal blocks of them.
template RequantizeTable(n, M, bits, lo, channels, threshold) {
    signal input in[n][M];
    signal output out[n][M];

    component one[n][M];
    for (var i = 0; i < n; i++) {
        for (var j = 0; j < M; j++) {
            one[i][j] = RequantizeTableOne(bits, lo, threshold[j \ (M \ channels)]);
            one[i][j].in <== in[i][j];
            out[i][j] <== one[i][j].out;
        }
    }
}
