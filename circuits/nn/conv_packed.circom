pragma circom 2.2.0;

/// @notice One block of ConvPacked, for n samples and the C channels of one group; see there.
/// @param size    outputs of the block.
/// @param columns of `weight`: 1 if it holds P_k, `size` if this template is to pack them.
/// @return out    hints, [i][j·R + position].
template ConvPackedBlock(
    n, C, H, W, kh, kw, sh, sw, dh, dw, pt, pl, OH, OW, size, columns, biased, rows, stride, low
) {
    var R = OH * OW;
    var T = kh * kw;
    var K = C * T;
    var G = (n * R + rows - 1) \ rows;
    var mask = (1 << stride) - 1;
    signal input x[n][C * H * W];
    signal input weight[K][columns];
    signal input bias[size];
    signal output out[n][size * R];

    var packedBias = 0;
    var ones = 0;
    for (var j = 0; j < size; j++) {
        if (biased) { packedBias += bias[j] * (1 << (stride * j)); }
        ones += 1 << (stride * j);
    }

    signal term[G][K];
    for (var g = 0; g < G; g++) {
        var packedX[K];
        var live[T];
        for (var k = 0; k < K; k++) { packedX[k] = 0; }
        for (var t = 0; t < T; t++) { live[t] = 0; }
        var sum = 0;
        var lowest = 0;
        var height = (g + 1) * rows > n * R ? n * R - g * rows : rows;
        for (var p = 0; p < height; p++) {
            var i = (g * rows + p) \ R;
            var top = (((g * rows + p) % R) \ OW) * sh - pt;
            var left = ((g * rows + p) % OW) * sw - pl;
            var place = 1 << (stride * size * p);
            sum += packedBias * place;
            lowest += low * ones * place;
            for (var ky = 0; ky < kh; ky++) {
                for (var kx = 0; kx < kw; kx++) {
                    var row = top + ky * dh;
                    var column = left + kx * dw;
                    if (row >= 0 && row < H && column >= 0 && column < W) {
                        live[ky * kw + kx] = 1;
                        var k = ky * kw + kx;
                        for (var at = row * W + column; at < C * H * W; at += H * W) {
                            packedX[k] += x[i][at] * place;
                            k += T;
                        }
                    }
                }
            }
        }

        // The last product that isn't all padding has no signal: the equation below takes it.
        var factor = 0;
        var packed = 0;
        var last = -1;
        for (var k = 0; k < K; k++) {
            if (live[k % T]) {
                if (last >= 0) {
                    term[g][last] <== factor * packed;
                    sum += term[g][last];
                }
                factor = packedX[k];
                packed = weight[k][0];
                for (var j = 1; j < columns; j++) { packed += weight[k][j] * (1 << (stride * j)); }
                last = k;
            } else {
                term[g][k] <== 0;
            }
        }
        if (last >= 0) { term[g][last] <== 0; }

        var lifted = factor * packed + sum - lowest;
        var rest = -sum;
        for (var p = 0; p < height; p++) {
            var i = (g * rows + p) \ R;
            for (var j = 0; j < size; j++) {
                var at = j * R + (g * rows + p) % R;
                var shift = stride * (size * p + j);
                out[i][at] <-- ((lifted >> shift) & mask) + low;
                rest += out[i][at] * (1 << shift);
            }
        }
        factor * packed === rest;
    }
}

/// @notice out = x * weight + bias, the sliding products of private x and weight, slots·rows of
///         them at a time: with P_kb = Σ_j weight[k][j]·2^(stride·j) over the outputs j of block b,
///         and Q_k = Σ_p x[tap k of row p]·2^(stride·slots·p) over `rows` consecutive rows
///         (sample, position), the one equation
///         Σ_k Q_k·P_kb + Σ_pj bias[j]·2^(stride·(slots·p+j)) = Σ_pj out[p][j]·2^(stride·(slots·p+j))
///         holds all outputs of a block at these rows. K·⌈n·R/rows⌉·B constraints, less the products
///         whose taps are all padding; and one (linear) for each P of more than one output,
///         unless all rows fit one equation, or no row reaches the tap. In a block of fewer than
///         `slots` outputs the rows move closer together.
/// @param n, C, H, W         samples, and their image: channels, height, width.
/// @param kh, kw, sh, sw, dh, dw  kernel, strides and dilations.
/// @param pt, pl, OH, OW     padding above and on the left; rows and columns of windows, R = OH·OW.
/// @param groups, M          M outputs a window, of which each group's M/groups read C/groups
///                           channels in K = C/groups·kh·kw taps, in the order (c, ky, kx).
/// @param biased             1 if `bias` counts, 0 if it is to be constant zeros.
/// @param slots, rows, stride  slots·rows·stride <= 253.
/// @param low                a lower bound of every exact output, used by hints only.
/// @param step               samples that share a component, so that equal ones are made once; no
///                           constraint depends on it. n, or a number of samples that fills `rows`.
/// @param x, weight, bias    each constrained elsewhere, so that every exact output lies in an
///                           interval [l, h]; outside it slots run into one another and `out` is
///                           not determined.
/// @return out  [i][m·R + position]; hints. Determined by the equations if and only if the readers
///              of `out` constrain every element to some [L, U] with max(h, U) - min(l, L) < 2^stride:
///              the difference of two solutions is then below 2^stride a slot and below p in all.
///              The compiler's slot-interval pass refuses to emit where that fails.
template ConvPacked(
    n, C, H, W, kh, kw, sh, sw, dh, dw, pt, pl, OH, OW, groups, M, biased,
    slots, rows, stride, low, step
) {
    assert(slots * rows * stride <= 253);
    assert(step == n || step * OH * OW % rows == 0);
    var R = OH * OW;
    var T = kh * kw;
    var channels = C \ groups;
    var K = channels * T;
    var share = M \ groups;
    var perGroup = (share + slots - 1) \ slots;
    var B = perGroup * groups;
    var inline = n * R <= rows;
    signal input x[n][C * H * W];
    signal input weight[K][M];
    signal input bias[1][M];
    signal output out[n][M * R];

    var reached[T];
    for (var t = 0; t < T; t++) {
        var down = 0;
        var across = 0;
        for (var o = 0; o < OH; o++) {
            var row = o * sh + (t \ kw) * dh - pt;
            if (row >= 0 && row < H) { down = 1; }
        }
        for (var o = 0; o < OW; o++) {
            var column = o * sw + (t % kw) * dw - pl;
            if (column >= 0 && column < W) { across = 1; }
        }
        reached[t] = down * across;
    }

    signal packed[B][K][1];
    component part[B][(n + step - 1) \ step];
    for (var b = 0; b < B; b++) {
        var group = b \ perGroup;
        var first = group * share + (b % perGroup) * slots;
        var size = first + slots > (group + 1) * share ? (group + 1) * share - first : slots;
        for (var k = 0; k < K; k++) {
            var sum = 0;
            if (!inline && reached[k % T]) {
                for (var j = 0; j < size; j++) { sum += weight[k][first + j] * (1 << (stride * j)); }
            }
            packed[b][k][0] <== sum;
        }
        for (var start = 0; start < n; start += step) {
            var s = start \ step;
            var count = start + step > n ? n - start : step;
            part[b][s] = ConvPackedBlock(
                count, channels, H, W, kh, kw, sh, sw, dh, dw, pt, pl, OH, OW,
                size, inline ? size : 1, biased, rows, stride, low
            );
            for (var i = 0; i < count; i++) {
                if (groups == 1) { part[b][s].x[i] <== x[start + i]; }
                else {
                    for (var e = 0; e < channels * H * W; e++) {
                        part[b][s].x[i][e] <== x[start + i][group * channels * H * W + e];
                    }
                }
            }
            if (inline) {
                for (var k = 0; k < K; k++) {
                    for (var j = 0; j < size; j++) { part[b][s].weight[k][j] <== weight[k][first + j]; }
                }
            } else { part[b][s].weight <== packed[b]; }
            for (var j = 0; j < size; j++) { part[b][s].bias[j] <== bias[0][first + j]; }
            for (var i = 0; i < count; i++) {
                for (var e = 0; e < size * R; e++) {
                    out[start + i][first * R + e] <== part[b][s].out[i][e];
                }
            }
        }
    }
}
