pragma circom 2.2.0;

/// @notice Forces 0 <= in + offset < 2^n and gives the bits below the top one. n constraints.
///         The top bit is no signal: it is (in + offset - Σ bit[i]·2^i) / 2^(n-1), which the last
///         constraint makes 0 or 1; a reader who wants it writes that expression.
/// @param n      number of bits, 2 <= n <= 253: 2^n < p, so the decomposition is unique.
/// @param offset a constant of the field.
/// @param in     any field element: outside [-offset, 2^n - offset) no assignment satisfies.
/// @return bit   the n - 1 lower bits of in + offset.
template Bits(n, offset) {
    assert(n >= 2 && n <= 253);
    signal input in;
    signal output bit[n - 1];

    var rest = in + offset;
    for (var i = 0; i < n - 1; i++) {
        bit[i] <-- ((in + offset) >> i) & 1;
        bit[i] * (bit[i] - 1) === 0;
        rest -= bit[i] * (1 << i);
    }
    var top = rest * (1 / (1 << (n - 1)));
    top * (top - 1) === 0;
}

/// @notice Forces every element of `in` into [lo, lo + 2^n). n constraints each.
/// @param lo a constant; negative values as p - |lo|.
/// @param in any field elements: outside the interval no assignment satisfies.
template RangeCheck(count, n, lo) {
    signal input in[count];

    component bits[count];
    for (var i = 0; i < count; i++) {
        bits[i] = Bits(n, -lo);
        bits[i].in <== in[i];
    }
}
