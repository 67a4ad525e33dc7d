pragma circom 2.2.0;

/// @notice Forces out = X * weight + bias, the sliding products of a public X whose windows, one row
///         a sample i and position p, the verifier has folded into u[k] = Σ_ip r^(i·R+p)·X[i,p][k],
///         one for every tap k of every channel (and Σ_ip r^(i·R+p), the column of ones, if biased):
///         per block of packed outputs, Σ_k u[k]·P_kb = Σ_ip r^(i·R+p)·outpacked_ipb, by Horner's
///         rule. B·(K + biased + n·R - 1) constraints; X itself is nowhere in the circuit.
/// @param R      windows of a sample.
/// @param K      taps of an output; a group of outputs reads K of the groups·K columns of u.
/// @param slots, stride  slots·stride <= 253.
/// @param u      public; recomputed by the verifier from the data and r. From a prover's own u
///               nothing follows.
/// @param r      the challenge, squeezed after weight, bias and out were absorbed. If any of them
///               (any bit of them) is not, it can be fitted to r, and nothing follows.
/// @param weight, bias  constrained elsewhere, so that each exact output lies in some [l, h].
/// @param out    [i][m·R + p], constrained elsewhere to [L, U] with max(h, U) - min(l, L) < 2^stride,
///               as for ConvPacked. Then a wrong output leaves a non-zero polynomial in r of degree
///               below n·R for its block, and the check fails but for fewer than n·R of the p
///               values of r.
template ConvFolded(n, R, K, groups, M, biased, slots, stride) {
    assert(slots * stride <= 253);
    var share = M \ groups;
    var perGroup = (share + slots - 1) \ slots;
    var B = perGroup * groups;
    signal input u[groups * K + biased];
    signal input r;
    signal input weight[K][M];
    signal input bias[1][M];
    signal input out[n][M * R];

    var place[slots];
    for (var j = 0; j < slots; j++) { place[j] = 1 << (stride * j); }
    signal term[B][K];
    signal horner[B][n * R];
    for (var b = 0; b < B; b++) {
        var group = b \ perGroup;
        var first = group * share + (b % perGroup) * slots;
        var size = first + slots > (group + 1) * share ? (group + 1) * share - first : slots;

        var folded = 0;
        var factor = 0;
        var packed = 0;
        for (var k = 0; k < K; k++) {
            factor = u[group * K + k];
            packed = 0;
            for (var j = 0; j < size; j++) { packed += weight[k][first + j] * place[j]; }
            if (biased || k < K - 1) {
                term[b][k] <== factor * packed;
                folded += term[b][k];
            } else { term[b][k] <== 0; }
        }
        if (biased) {
            factor = u[groups * K];
            packed = 0;
            for (var j = 0; j < size; j++) { packed += bias[0][first + j] * place[j]; }
        }

        var sum = 0;
        for (var i = n - 1; i >= 0; i--) {
            for (var p = R - 1; p >= 0; p--) {
                var row = 0;
                for (var j = 0; j < size; j++) { row += out[i][(first + j) * R + p] * place[j]; }
                if (i * R + p == n * R - 1) {
                    horner[b][i * R + p] <== 0;
                    sum = row;
                } else {
                    horner[b][i * R + p] <== sum * r + row;
                    sum = horner[b][i * R + p];
                }
            }
        }
        factor * packed === sum - folded;
    }
}
