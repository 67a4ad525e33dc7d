pragma circom 2.2.0;

/// @notice out[i][j] = in[i][index[j]], or 0 where index[j] = -1. Signals under other names: no
///         constraint is left.
/// @param A, M   elements of `in` and of `out`.
/// @param index  in [-1, A).
/// @param in     any field elements.
/// @return out   the same elements.
template Select(n, A, M, index) {
    signal input in[n][A];
    signal output out[n][M];

    for (var i = 0; i < n; i++) {
        for (var j = 0; j < M; j++) {
            if (index[j] == -1) { out[i][j] <== 0; }
            else { out[i][j] <== in[i][index[j]]; }
        }
    }
}

/// @notice Select from the elements of `a` followed by those of `b`; index in [-1, A + B).
template SelectOfTwo(n, A, B, M, index) {
    signal input a[n][A];
    signal input b[n][B];
    signal output out[n][M];

    for (var i = 0; i < n; i++) {
        for (var j = 0; j < M; j++) {
            if (index[j] == -1) { out[i][j] <== 0; }
            else if (index[j] < A) { out[i][j] <== a[i][index[j]]; }
            else { out[i][j] <== b[i][index[j] - A]; }
        }
    }
}
