pragma circom 2.2.0;

include "../lib/bits.circom";

/// @notice The coefficients of the multilinear polynomial through table[x], x in {0,1}^8.
///         Möbius transform: coefficient of Π_{i in S} b_i = Σ_{T subset of S} (-1)^|S\T| table[T].
function multilinear(table) {
    var c[256];
    for (var i = 0; i < 256; i++) { c[i] = table[i]; }
    for (var bit = 0; bit < 8; bit++) {
        for (var i = 0; i < 256; i++) {
            if ((i >> bit) & 1) { c[i] -= c[i - (1 << bit)]; }
        }
    }
    return c;
}

/// @notice The 16 monomials of four bits. 11 constraints.
/// @param bit booleans, constrained elsewhere.
template Monomials() {
    signal input bit[4];
    signal output out[16];

    for (var i = 0; i < 16; i++) {
        var high = 0;
        while ((i >> high) > 1) { high++; }
        if (i == 0) { out[i] <== 1; }
        else if (i == (1 << high)) { out[i] <== bit[high]; }
        else { out[i] <== out[i - (1 << high)] * bit[high]; }
    }
}

/// @notice table[Σ bit_i·2^i] as a multilinear polynomial: 15 products of monomials.
/// @param low, high  the monomials of bits 0..3 and 4..7.
template Lookup(table) {
    signal input low[16];
    signal input high[16];
    signal output out;

    var c[256] = multilinear(table);
    signal part[16];
    var sum = 0;
    for (var h = 0; h < 16; h++) {
        var row = 0;
        for (var l = 0; l < 16; l++) { row += c[16 * h + l] * low[l]; }
        if (h == 0) { part[h] <== 0; sum += row; }
        else { part[h] <== high[h] * row; sum += part[h]; }
    }
    out <== sum;
}

/// @notice out = lo + the q with threshold[q] <= in < threshold[q + 1]: any monotone step function
///         of at most 256 steps, exactly. At most 2n + 66 constraints: 8 bits of q,
///         22 monomials, 30 products, two range checks of n bits, and 6 linear ones.
/// @param n          bits of the longest step, 2^n >= threshold[q + 1] - threshold[q], n <= 252.
/// @param threshold  non-decreasing; threshold[0] <= in < threshold[256]. Steps that no input
///                   reaches are empty (equal thresholds), and no q can stand on them.
/// @param in         any field element; outside [threshold[0], threshold[256]) no assignment
///                   satisfies, so this template also range-checks `in`.
/// @return out       q is a hint; exactly one q has in - threshold[q] >= 0 and
///                   threshold[q + 1] - 1 - in >= 0, and the range checks demand both.
template RequantizeTableOne(n, lo, threshold) {
    assert(n <= 252);
    signal input in;
    signal output out;

    var q = 0;
    for (var i = 1; i < 256; i++) {
        if (in >= threshold[i]) { q = i; }
    }
    signal quotient <-- q;
    component bits = Bits(8, 0);
    bits.in <== quotient;
    var top = quotient;
    for (var i = 0; i < 7; i++) { top -= bits.bit[i] * (1 << i); }

    component low = Monomials();
    component high = Monomials();
    for (var i = 0; i < 4; i++) {
        low.bit[i] <== bits.bit[i];
        if (i < 3) { high.bit[i] <== bits.bit[4 + i]; }
        else { high.bit[i] <== top * (1 / 128); }
    }

    var from[256];
    var to[256];
    for (var i = 0; i < 256; i++) {
        from[i] = threshold[i];
        to[i] = threshold[i + 1];
    }
    component start = Lookup(from);
    component end = Lookup(to);
    start.low <== low.out;
    start.high <== high.out;
    end.low <== low.out;
    end.high <== high.out;

    component above = Bits(n, 0);
    above.in <== in - start.out;
    component below = Bits(n, 0);
    below.in <== end.out - 1 - in;
    out <== quotient + lo;
}

/// @notice RequantizeTableOne over n samples of M channels; a row of thresholds a channel
///         (channels = M) or one for all (channels = 1).
template RequantizeTable(n, M, bits, lo, channels, threshold) {
    signal input in[n][M];
    signal output out[n][M];

    component one[n][M];
    for (var i = 0; i < n; i++) {
        for (var j = 0; j < M; j++) {
            one[i][j] = RequantizeTableOne(bits, lo, threshold[channels == 1 ? 0 : j]);
            one[i][j].in <== in[i][j];
            out[i][j] <== one[i][j].out;
        }
    }
}
