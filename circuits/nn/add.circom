pragma circom 2.2.0;

/// @notice out = scaleA·a + scaleB·b, element by element; M linear constraints a sample.
/// @param a, b    constrained elsewhere to intervals in which the integer sum stays below p / 2.
/// @param rowsB   n, or 1 where every sample takes the same b (a parameter).
/// @return out    determined by a and b.
template Add(n, M, scaleA, scaleB, rowsB) {
    signal input a[n][M];
    signal input b[rowsB][M];
    signal output out[n][M];

    for (var i = 0; i < n; i++) {
        for (var j = 0; j < M; j++) {
            out[i][j] <== scaleA * a[i][j] + scaleB * b[rowsB == 1 ? 0 : i][j];
        }
    }
}
