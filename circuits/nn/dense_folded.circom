pragma circom 2.2.0;

/// @notice Forces out = X·weight + bias for the public X of n rows that the verifier has folded
///         into u[k] = Σ_i r^i·X[i][k] (and u[K] = Σ_i r^i, the column of ones, if biased):
///         per group of packed outputs, Σ_k u[k]·P_kg = Σ_i r^i·outpacked_ig, by Horner's rule.
///         G·(K + biased + n - 1) constraints; X itself is nowhere in the circuit.
/// @param slots, stride slots·stride <= 253.
/// @param u   public; recomputed by the verifier from the data and r. From a prover's own u
///            nothing follows.
/// @param r   the challenge, squeezed after weight, bias and out were absorbed. If any of them
///            (any bit of them) is not, it can be fitted to r, and nothing follows.
/// @param weight, bias  constrained elsewhere, so that each exact output lies in some [l, h].
/// @param out constrained elsewhere to [L, U] with max(h, U) - min(l, L) < 2^stride, as for
///            DensePacked. Then a wrong output leaves a non-zero polynomial in r of degree below n
///            for its group, and the check fails but for fewer than n of the p values of r.
template DenseFolded(n, K, M, biased, slots, stride) {
    assert(slots * stride <= 253);
    var G = (M + slots - 1) \ slots;
    var rows = K + biased;
    signal input u[rows];
    signal input r;
    signal input weight[K][M];
    signal input bias[1][M];
    signal input out[n][M];

    signal term[G][rows];
    signal horner[G][n];
    for (var g = 0; g < G; g++) {
        var packedRow[rows];
        var packedOut[n];
        for (var k = 0; k < rows; k++) { packedRow[k] = 0; }
        for (var i = 0; i < n; i++) { packedOut[i] = 0; }
        for (var j = g * slots; j < M && j < (g + 1) * slots; j++) {
            var place = 1 << (stride * (j - g * slots));
            for (var k = 0; k < K; k++) { packedRow[k] += weight[k][j] * place; }
            if (biased) { packedRow[K] += bias[0][j] * place; }
            for (var i = 0; i < n; i++) { packedOut[i] += out[i][j] * place; }
        }

        var folded = 0;
        for (var k = 0; k < rows - 1; k++) {
            term[g][k] <== u[k] * packedRow[k];
            folded += term[g][k];
        }
        var sum = packedOut[n - 1];
        for (var i = n - 2; i >= 0; i--) {
            horner[g][i] <== sum * r + packedOut[i];
            sum = horner[g][i];
        }
        horner[g][n - 1] <== 0;
        term[g][rows - 1] <== 0;
        u[rows - 1] * packedRow[rows - 1] === sum - folded;
    }
}
