pragma circom 2.2.0;

/// @notice out = a·b, element by element; M constraints a sample.
/// @param a, b    constrained elsewhere, each by itself, to intervals whose products stay below
///                p / 2: a bound on `out` bounds neither, since a = small / b is a field element.
/// @param rowsB   n, or 1 where every sample takes the same b (a parameter).
/// @return out    determined by a and b.
template Multiply(n, M, rowsB) {
    signal input a[n][M];
    signal input b[rowsB][M];
    signal output out[n][M];

    for (var i = 0; i < n; i++) {
        for (var j = 0; j < M; j++) { out[i][j] <== a[i][j] * b[rowsB == 1 ? 0 : i][j]; }
    }
}
