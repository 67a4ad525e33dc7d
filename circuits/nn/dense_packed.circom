pragma circom 2.2.0;

/// @notice out[i] = x[i]·weight + bias for private x and weight, M products at a time: with
///         P_kg = Σ_j weight[k][j]·2^(stride·j) over the outputs j of group g, the one equation
///         Σ_k x[i][k]·P_kg + Σ_j bias[j]·2^(stride·j) = Σ_j out[i][j]·2^(stride·j) holds all of
///         a group's outputs. K·G constraints a sample, and K·G more (linear) for the P once.
/// @param biased 1 if `bias` counts, 0 if it is to be constant zeros.
/// @param slots, stride slots·stride <= 253.
/// @param x, weight, bias  each constrained elsewhere, so that every x[i]·weight + bias lies in
///         an interval [l, h]; outside it slots run into one another and `out` is not determined.
/// @return out  hints. Determined by the equation if and only if the readers of `out` constrain
///         every element to some [L, U] with max(h, U) - min(l, L) < 2^stride: the difference of
///         two solutions is then below 2^stride a slot and below p in all. The compiler's
///         slot-interval pass refuses to emit where that fails.
template DensePacked(n, K, M, biased, slots, stride) {
    assert(slots * stride <= 253);
    var G = (M + slots - 1) \ slots;
    signal input x[n][K];
    signal input weight[K][M];
    signal input bias[1][M];
    signal output out[n][M];

    signal packed[K][G];
    var packedBias[G];
    for (var g = 0; g < G; g++) {
        packedBias[g] = 0;
        for (var j = g * slots; j < M && j < (g + 1) * slots; j++) {
            if (biased) { packedBias[g] += bias[0][j] * (1 << (stride * (j - g * slots))); }
        }
        for (var k = 0; k < K; k++) {
            var sum = 0;
            for (var j = g * slots; j < M && j < (g + 1) * slots; j++) {
                sum += weight[k][j] * (1 << (stride * (j - g * slots)));
            }
            packed[k][g] <== sum;
        }
    }

    signal term[n][G][K];
    for (var i = 0; i < n; i++) {
        for (var j = 0; j < M; j++) {
            var y = 0;
            for (var k = 0; k < K; k++) { y += x[i][k] * weight[k][j]; }
            if (biased) { y += bias[0][j]; }
            out[i][j] <-- y;
        }
        for (var g = 0; g < G; g++) {
            var rest = -packedBias[g];
            for (var j = g * slots; j < M && j < (g + 1) * slots; j++) {
                rest += out[i][j] * (1 << (stride * (j - g * slots)));
            }
            for (var k = 0; k < K - 1; k++) {
                term[i][g][k] <== x[i][k] * packed[k][g];
                rest -= term[i][g][k];
            }
            term[i][g][K - 1] <== 0;
            x[i][K - 1] * packed[K - 1][g] === rest;
        }
    }
}
