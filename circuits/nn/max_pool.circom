pragma circom 2.2.0;

/// @notice out = max(a, b). n + 1 constraints, none linear: out is one of the two, and what it is
///         above the other, 2·out - a - b, has n bits.
/// @param n     2 <= n <= 252.
/// @param a, b  integers small beside p, constrained elsewhere; with |a - b| >= 2^n no assignment
///              satisfies. So where out is forced into [L, U], both lie in [L - 2^n + 1, U].
/// @return out  determined: the smaller one would leave a negative number to decompose.
template Larger(n) {
    assert(n >= 2 && n <= 252);
    signal input a;
    signal input b;
    signal output out <-- a >= b ? a : b;
    (out - a) * (out - b) === 0;

    signal bit[n - 1];
    var rest = 2 * out - a - b;
    for (var i = 0; i < n - 1; i++) {
        bit[i] <-- ((2 * out - a - b) >> i) & 1;
        bit[i] * (bit[i] - 1) === 0;
        rest -= bit[i] * (1 << i);
    }
    var top = rest * (1 / (1 << (n - 1)));
    top * (top - 1) === 0;
}

/// @notice The largest of `in`, by a tournament of ⌈log2 count⌉ rounds; count - 1 times Larger.
/// @param in, n  as for Larger, for every two of `in`.
template Largest(count, n) {
    signal input in[count];
    signal output out;

    signal round[2 * count - 1];
    component match[count];
    for (var i = 0; i < count; i++) { round[i] <== in[i]; }
    for (var i = 0; i < count - 1; i++) {
        match[i] = Larger(n);
        match[i].a <== round[2 * i];
        match[i].b <== round[2 * i + 1];
        round[count + i] <== match[i].out;
    }
    out <== round[2 * count - 2];
}

/// @notice How many of the k taps of window o lie inside [0, size).
function insideTaps(size, k, s, d, p, o) {
    var count = 0;
    for (var t = 0; t < k; t++) {
        if (o * s + t * d >= p && o * s + t * d < p + size) { count++; }
    }
    return count;
}

/// @notice The largest element of every window of one H x W image, as MaxPool: of every row's part
///         of a window first (overlapping windows share them), then of the rows.
template MaxPoolImage(H, W, kh, kw, sh, sw, dh, dw, pt, pl, OH, OW, bits) {
    signal input in[H * W];
    signal output out[OH * OW];

    component across[H][OW];
    component down[OH][OW];
    for (var y = 0; y < H; y++) {
        var read = 0;
        for (var oy = 0; oy < OH; oy++) {
            for (var ky = 0; ky < kh; ky++) { if (oy * sh + ky * dh == pt + y) { read = 1; } }
        }
        for (var ox = 0; read && ox < OW; ox++) {
            across[y][ox] = Largest(insideTaps(W, kw, sw, dw, pl, ox), bits);
            var at = 0;
            for (var kx = 0; kx < kw; kx++) {
                var x = ox * sw + kx * dw - pl;
                if (x >= 0 && x < W) { across[y][ox].in[at] <== in[y * W + x]; at++; }
            }
        }
    }
    for (var oy = 0; oy < OH; oy++) {
        for (var ox = 0; ox < OW; ox++) {
            down[oy][ox] = Largest(insideTaps(H, kh, sh, dh, pt, oy), bits);
            var at = 0;
            for (var ky = 0; ky < kh; ky++) {
                var y = oy * sh + ky * dh - pt;
                if (y >= 0 && y < H) { down[oy][ox].in[at] <== across[y][ox].out; at++; }
            }
            out[oy * OW + ox] <== down[oy][ox].out;
        }
    }
}

/// @notice The largest element of every window; padding does not take part.
/// @param n, C, H, W  samples; channels, height and width of a sample, flat in this order.
/// @param kh … pl     kernel, strides, dilations, padding above and to the left.
/// @param OH, OW      rows and columns of windows, each with an element inside the image.
/// @param bits        any two elements of a window differ by less than 2^bits, or no assignment
///                    satisfies.
/// @param in          integers small beside p, constrained elsewhere. A bound [L, U] on a window's
///                    output bounds its elements: see Larger, once for every round.
/// @return out        determined by `in`.
template MaxPool(n, C, H, W, kh, kw, sh, sw, dh, dw, pt, pl, OH, OW, bits) {
    signal input in[n][C * H * W];
    signal output out[n][C * OH * OW];

    component image[n][C];
    for (var i = 0; i < n; i++) {
        for (var c = 0; c < C; c++) {
            image[i][c] = MaxPoolImage(H, W, kh, kw, sh, sw, dh, dw, pt, pl, OH, OW, bits);
            for (var e = 0; e < H * W; e++) { image[i][c].in[e] <== in[i][c * H * W + e]; }
            for (var e = 0; e < OH * OW; e++) { out[i][c * OH * OW + e] <== image[i][c].out[e]; }
        }
    }
}
