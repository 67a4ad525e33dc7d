pragma circom 2.2.0;

include "bits.circom";

/// @notice The coefficients of the multilinear polynomial through table[x], x in {0,1}^n, n <= 8.
///         Möbius transform: coefficient of Π_{i in S} b_i = Σ_{T subset of S} (-1)^|S\T| table[T].
function multilinear(n, table) {
    var c[256];
    for (var i = 0; i < (1 << n); i++) { c[i] = table[i]; }
    for (var bit = 0; bit < n; bit++) {
        for (var i = 0; i < (1 << n); i++) {
            if ((i >> bit) & 1) { c[i] -= c[i - (1 << bit)]; }
        }
    }
    return c;
}

/// @notice The place of the highest bit of i > 0.
function highest(i) {
    var place = 0;
    while ((i >> place) > 1) { place++; }
    return place;
}

/// @notice Which monomials of n bits the marked ones are made of, themselves included: each is its
///         highest bit times the monomial of the others.
function closure(n, marked) {
    var found[16] = marked;
    for (var i = (1 << n) - 1; i > 0; i--) {
        if (found[i]) { found[i - (1 << highest(i))] = 1; }
    }
    return found;
}

/// @notice out[t] = table[t][in + offset], for tables of 2^n entries: a multilinear polynomial in
///         the n bits, as Σ_h high_h·(Σ_l c[h][l]·low_l) over the monomials of the upper and lower
///         half of them. n constraints for the bits, one for each monomial of two bits or more (at
///         most 22 for n = 8; all tables share them) and for each h with a product (at most 15 a
///         table): 45 for one table of 8 bits; a table without products takes one if it is linear.
/// @param n       2 <= n <= 8.
/// @param offset  a constant of the field.
/// @param in      any field element; outside [-offset, 2^n - offset) no assignment satisfies.
/// @return out    determined by `in`.
template Lookup(n, offset, count, table) {
    assert(n >= 2 && n <= 8);
    var lows = (n + 1) \ 2;
    var highs = n - lows;
    var L = 1 << lows;
    var H = 1 << highs;
    signal input in;
    signal output out[count];

    component bits = Bits(n, offset);
    bits.in <== in;
    var top = in + offset;
    for (var i = 0; i < n - 1; i++) { top -= bits.bit[i] * (1 << i); }

    var c[count][256];
    var lowRead[16];
    var highRead[16];
    for (var t = 0; t < count; t++) {
        c[t] = multilinear(n, table[t]);
        for (var i = 0; i < (1 << n); i++) {
            if (c[t][i] != 0) { lowRead[i % L] = 1; highRead[i \ L] = 1; }
        }
    }
    lowRead = closure(lows, lowRead);
    highRead = closure(highs, highRead);

    signal lowProduct[L];
    signal highProduct[H];
    var low[16];
    var high[16];
    low[0] = 1;
    high[0] = 1;
    for (var i = 1; i < L; i++) {
        var place = highest(i);
        if (i == (1 << place)) { low[i] = bits.bit[place]; }
        else if (lowRead[i]) {
            lowProduct[i] <== low[i - (1 << place)] * low[1 << place];
            low[i] = lowProduct[i];
        }
    }
    for (var i = 1; i < H; i++) {
        var place = highest(i);
        if (i == (1 << place)) {
            high[i] = place == highs - 1 ? top * (1 / (1 << (n - 1))) : bits.bit[lows + place];
        } else if (highRead[i]) {
            highProduct[i] <== high[i - (1 << place)] * high[1 << place];
            high[i] = highProduct[i];
        }
    }

    signal part[count][H];
    for (var t = 0; t < count; t++) {
        var last = 0;
        for (var h = 1; h < H; h++) {
            for (var l = 1; l < L; l++) { if (c[t][L * h + l] != 0) { last = h; } }
        }
        var rest = 0;
        var lastRow = 0;
        for (var h = 0; h < H; h++) {
            var row = 0;
            var isProduct = 0;
            for (var l = 0; l < L; l++) {
                row += c[t][L * h + l] * low[l];
                if (h > 0 && l > 0 && c[t][L * h + l] != 0) { isProduct = 1; }
            }
            if (h == 0) { rest += row; }
            else if (!isProduct) { rest += c[t][L * h] * high[h]; }
            else if (h == last) { lastRow = row; }
            else {
                part[t][h] <== high[h] * row;
                rest += part[t][h];
            }
        }
        out[t] <== high[last] * lastRow + rest;
    }
}
