pragma circom 2.2.0;

include "../lib/lookup.circom";

/// @notice out = table[in - lo], element by element: any function of an 8-bit value. At most 45
///         constraints each; see Lookup.
/// @param bits   log2 of the table's length, 2 to 8.
/// @param table  2^bits integers, small beside p.
/// @param in     any field elements; outside [lo, lo + 2^bits) no assignment satisfies.
/// @return out   determined by `in`.
template Table(n, M, bits, lo, table) {
    signal input in[n][M];
    signal output out[n][M];

    component one[n][M];
    for (var i = 0; i < n; i++) {
        for (var j = 0; j < M; j++) {
            one[i][j] = Lookup(bits, -lo, 1, [table]);
            one[i][j].in <== in[i][j];
            out[i][j] <== one[i][j].out[0];
        }
    }
}
