pragma circom 2.2.0;

/// @notice Forces out = x * weight + bias, the sliding products of private x and weight, by a fold
///         with the challenge: row (i, oy, ox) is multiplied by r^e, and all rows are added up.
///         With pixels numbered i·S + y·Wp + x on the padded images of S = Hp·Wp pixels, and
///         E = n·S - 1 - number, a window's e is the E of its corner, so that the pixel under tap
///         (ky, kx) has E = e - δ, δ = ky·dh·Wp + kx·dw:
///           u_k = r^δ·Σ_ip r^E·x[i][tap k of p] = Σ_ip r^e·x[i][tap k of p],
///           Σ_k u_k·P_kb + Σ_ip r^e·biaspacked_b = Σ_ip r^e·outpacked_ipb for every block b.
///         Constraints: one for each pixel of a channel that a window reads (r^E·x); where R > 1, a
///         linear one for each sum over samples and columns of these that is needed, so that no row
///         sum is written out more than once; one for each u_k with δ > 0; and
///         B·(K + biased + n·R - 1), plus 1 a block where the kernel has more than one tap.
///         Soundness: x, weight, bias and out are fixed before r. The e of different rows differ,
///         so the last equation is a polynomial in r of degree below n·S whose coefficients are the
///         packed differences of the two sides, row by row. If a row is wrong, its coefficient is
///         not zero (as for ConvPacked), and the check fails but for fewer than n·S values of r.
/// @param n, C, H, W         samples, and their image: channels, height, width.
/// @param kh, kw, sh, sw, dh, dw  kernel, strides and dilations.
/// @param pt, pl, OH, OW     padding above and on the left; rows and columns of windows, R = OH·OW.
/// @param M                  outputs a window; K = C·kh·kw taps in the order (c, ky, kx).
/// @param biased             1 if `bias` counts, 0 if it is to be constant zeros.
/// @param slots, stride      slots·stride <= 253.
/// @param count              n·S, and 2 at least.
/// @param powers             r^0, r^1, …, r^(count - 1).
/// @param x, weight, bias    absorbed before r was squeezed, or functions, not using r, of what was;
///                           constrained elsewhere, so that each exact output lies in some [l, h].
///                           If a bit of them depends on r, it can be fitted, and nothing follows.
/// @param out                absorbed likewise; [i][m·R + position], constrained elsewhere to [L, U]
///                           with max(h, U) - min(l, L) < 2^stride.
template ConvFreivalds(
    n, C, H, W, kh, kw, sh, sw, dh, dw, pt, pl, OH, OW, M, biased, slots, stride, count
) {
    assert(slots * stride <= 253);
    var R = OH * OW;
    var T = kh * kw;
    var B = (M + slots - 1) \ slots;
    var Hp = (OH - 1) * sh + (kh - 1) * dh + 1;
    var Wp = (OW - 1) * sw + (kw - 1) * dw + 1;
    var top = n * Hp * Wp - 1;
    assert(count > top && count >= 2);
    signal input powers[count];
    signal input x[n][C * H * W];
    signal input weight[C * T][M];
    signal input bias[1][M];
    signal input out[n][M * R];

    // needed[y·W + x]: some window reads this pixel.
    var needed[H * W];
    for (var at = 0; at < H * W; at++) { needed[at] = 0; }
    for (var p = 0; p < R; p++) {
        for (var t = 0; t < T; t++) {
            var row = (p \ OW) * sh + (t \ kw) * dh - pt;
            var column = (p % OW) * sw + (t % kw) * dw - pl;
            if (row >= 0 && row < H && column >= 0 && column < W) { needed[row * W + column] = 1; }
        }
    }
    signal weighted[n][C * H * W];
    for (var at = 0; at < H * W; at++) {
        for (var i = 0; i < n; i++) {
            var exponent = top - (i * Hp + at \ W + pt) * Wp - at % W - pl;
            for (var e = at; e < C * H * W; e += H * W) {
                if (!needed[at]) { weighted[i][e] <== 0; }
                else if (exponent == 0) { weighted[i][e] <== x[i][e]; }
                else { weighted[i][e] <== powers[exponent] * x[i][e]; }
            }
        }
    }

    // rowSum[c·H + y][kx] = Σ weighted[i][c, y, column under tap kx], over samples and windows.
    signal rowSum[C * H][kw];
    for (var kx = 0; kx < kw; kx++) {
        var columns[OW];
        var width = 0;
        for (var ox = 0; ox < OW; ox++) {
            var column = ox * sw + kx * dw - pl;
            if (column >= 0 && column < W) {
                columns[width] = column;
                width++;
            }
        }
        for (var y = 0; y < H; y++) {
            var read = 0;
            for (var oy = 0; oy < OH; oy++) {
                var offset = y + pt - oy * sh;
                if (offset >= 0 && offset < kh * dh && offset % dh == 0) { read = 1; }
            }
            for (var c = 0; c < C; c++) {
                var sum = 0;
                if (R > 1 && read) {
                    for (var i = 0; i < n; i++) {
                        var part = 0;
                        for (var q = 0; q < width; q++) { part += weighted[i][(c * H + y) * W + columns[q]]; }
                        sum += part;
                    }
                }
                rowSum[c * H + y][kx] <== sum;
            }
        }
    }

    signal u[C * T];
    signal rowPowers;
    signal term[B][C * T + 1];
    signal horner[B][n * R];
    var corner = 0;
    var lowest = 0;
    for (var i = 0; i < n; i++) {
        for (var oy = 0; oy < OH; oy++) {
            var part = 0;
            for (var ox = 0; ox < OW; ox++) {
                lowest = top - (i * Hp + oy * sh) * Wp - ox * sw;
                part += lowest == 0 ? 1 : powers[lowest];
            }
            corner += part;
        }
    }
    if (biased && B > 1 && n * R > 1) {
        rowPowers <== corner;
        corner = rowPowers;
    } else { rowPowers <== 0; }

    var factor[C * T];
    var live[C * T];
    var last = 0;
    for (var k = 0; k < C * T; k++) {
        var shift = ((k % T) \ kw) * dh * Wp + (k % kw) * dw;
        var sum = 0;
        live[k] = 0;
        for (var oy = 0; oy < OH; oy++) {
            var row = oy * sh + ((k % T) \ kw) * dh - pt;
            if (row >= 0 && row < H) {
                if (R > 1) { sum += rowSum[(k \ T) * H + row][k % kw]; }
                for (var ox = 0; ox < OW; ox++) {
                    var column = ox * sw + (k % kw) * dw - pl;
                    if (column >= 0 && column < W) {
                        live[k] = 1;
                        last = k;
                        if (R == 1) {
                            for (var i = 0; i < n; i++) { sum += weighted[i][((k \ T) * H + row) * W + column]; }
                        }
                    }
                }
            }
        }
        factor[k] = sum;
        if (live[k] && shift > 0) {
            u[k] <== powers[shift] * sum;
            factor[k] = u[k];
        } else { u[k] <== 0; }
    }

    var place[slots];
    for (var j = 0; j < slots; j++) { place[j] = 1 << (stride * j); }
    for (var b = 0; b < B; b++) {
        var first = b * slots;
        var size = first + slots > M ? M - first : slots;

        var acc = 0;
        var before = 0;
        for (var i = 0; i < n; i++) {
            for (var p = 0; p < R; p++) {
                var row = 0;
                for (var j = 0; j < size; j++) { row += out[i][(first + j) * R + p] * place[j]; }
                var exponent = top - (i * Hp + (p \ OW) * sh) * Wp - (p % OW) * sw;
                if (i + p == 0) {
                    horner[b][0] <== 0;
                    acc = row;
                } else {
                    horner[b][i * R + p] <== acc * powers[before - exponent] + row;
                    acc = horner[b][i * R + p];
                }
                before = exponent;
            }
        }

        var packedBias = 0;
        if (biased) {
            for (var j = 0; j < size; j++) { packedBias += bias[0][first + j] * place[j]; }
        }
        var folded = 0;
        if (biased && top > 0) {
            term[b][C * T] <== corner * packedBias;
            folded += term[b][C * T];
        } else {
            term[b][C * T] <== 0;
            folded += packedBias;
        }
        var packed = 0;
        for (var k = 0; k < C * T; k++) {
            packed = 0;
            for (var j = 0; j < size; j++) { packed += weight[k][first + j] * place[j]; }
            if (live[k] && (lowest > 0 || k != last)) {
                term[b][k] <== factor[k] * packed;
                folded += term[b][k];
            } else { term[b][k] <== 0; }
        }
        // One product has no signal: the last tap's, or that of the lowest row's power.
        if (lowest > 0) { acc * powers[lowest] === folded; }
        else {
            packed = 0;
            for (var j = 0; j < size; j++) { packed += weight[last][first + j] * place[j]; }
            factor[last] * packed === acc - folded;
        }
    }
}
