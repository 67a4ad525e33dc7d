pragma circom 2.2.0;

/// @notice The sum of every window of one H x W image, as SumPool; a linear constraint a window,
///         none where the window is a single element.
template SumPoolImage(H, W, kh, kw, sh, sw, dh, dw, pt, pl, OH, OW) {
    signal input in[H * W];
    signal output out[OH * OW];

    for (var oy = 0; oy < OH; oy++) {
        for (var ox = 0; ox < OW; ox++) {
            var sum = 0;
            for (var ky = 0; ky < kh; ky++) {
                for (var kx = 0; kx < kw; kx++) {
                    var y = oy * sh + ky * dh - pt;
                    var x = ox * sw + kx * dw - pl;
                    if (y >= 0 && y < H && x >= 0 && x < W) { sum += in[y * W + x]; }
                }
            }
            out[oy * OW + ox] <== sum;
        }
    }
}

/// @notice The sum of every window, padding counting 0.
/// @param n, C, H, W  samples; channels, height and width of a sample, flat in this order.
/// @param kh … pl     kernel, strides, dilations, padding above and to the left.
/// @param OH, OW      rows and columns of windows.
/// @param in          constrained elsewhere, element by element: a bound on a sum bounds nothing.
/// @return out        determined by `in`.
template SumPool(n, C, H, W, kh, kw, sh, sw, dh, dw, pt, pl, OH, OW) {
    signal input in[n][C * H * W];
    signal output out[n][C * OH * OW];

    component image[n][C];
    for (var i = 0; i < n; i++) {
        for (var c = 0; c < C; c++) {
            image[i][c] = SumPoolImage(H, W, kh, kw, sh, sw, dh, dw, pt, pl, OH, OW);
            for (var e = 0; e < H * W; e++) { image[i][c].in[e] <== in[i][c * H * W + e]; }
            for (var e = 0; e < OH * OW; e++) { out[i][c * OH * OW + e] <== image[i][c].out[e]; }
        }
    }
}
