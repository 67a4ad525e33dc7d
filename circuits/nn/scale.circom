pragma circom 2.2.0;

/// @notice out[i][j] = factor[j]·in[i][j], for logits whose channels have scales of their own.
///         One linear constraint an element.
/// @param in  constrained elsewhere, by itself: a bound on `out` bounds nothing here, since
///            in = small / factor is a field element like any other.
/// @return out determined by in.
template Scale(n, M, factor) {
    signal input in[n][M];
    signal output out[n][M];

    for (var i = 0; i < n; i++) {
        for (var j = 0; j < M; j++) { out[i][j] <== factor[j] * in[i][j]; }
    }
}
