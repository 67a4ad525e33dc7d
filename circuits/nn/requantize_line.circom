pragma circom 2.2.0;

include "../lib/bits.circom";
include "requantize_shift.circom";

/// @notice out = clip(floor((num·in + offset) / 2^shift), 0, top) + lo: a ratio that is no power of
///         two, where a line reproduces every threshold of the float function.
///         n + wide + 4 constraints (2 less if wide = shift + width + 1: then not to be below the
///         window is to be in it; width + 3 more where `top` cuts the window short).
/// @param n, low  `in` is range-checked to [low, low + 2^n) by itself. The check of num·in + offset
///                could not do that: in = small / num is a field element like any other.
/// @param wide    bits of num·in + offset, signed; wide >= shift + width + 1, wide <= 252, and
///                [-2^(wide-1), 2^(wide-1)) holds num·in + offset for every admitted `in`.
/// @param width, top, lo  as for RequantizeShiftOne.
/// @param in      any field element; outside [low, low + 2^n) no assignment satisfies.
/// @return out    determined by in, in [lo, lo + top].
template RequantizeLineOne(n, low, num, offset, shift, wide, lo, width, top) {
    assert(n <= 252 && wide >= shift + width + 1 && wide <= 252);
    signal input in;
    signal output out;

    component range = Bits(n, -low);
    range.in <== in;
    component bits = Bits(wide, offset + (1 << (wide - 1)));
    bits.in <== num * in;

    var sum = num * in + offset + (1 << (wide - 1));
    for (var i = 0; i < wide - 1; i++) { sum -= bits.bit[i] * (1 << i); }
    var notBelow = sum * (1 / (1 << (wide - 1)));
    var quotient = 0;
    for (var i = 0; i < width; i++) { quotient += bits.bit[shift + i] * (1 << i); }
    var strays = 1 - notBelow;
    for (var i = shift + width; i < wide - 1; i++) { strays += bits.bit[i]; }

    var tight = wide == shift + width + 1;
    signal strayInverse;
    signal isInWindow;
    var inWindow = notBelow;
    if (tight) {
        strayInverse <== 0;
        isInWindow <== 0;
    } else {
        strayInverse <-- strays != 0 ? 1 / strays : 0;
        isInWindow <== 1 - strays * strayInverse;
        strays * isInWindow === 0;
        inWindow = isInWindow;
    }

    var full = (1 << width) - 1;
    if (top == full) {
        out <== inWindow * quotient + full * (notBelow - inWindow) + lo;
    } else {
        signal clipped <== inWindow * quotient + full * (notBelow - inWindow);
        component least = AtMost(width, top);
        least.in <== clipped;
        out <== least.out + lo;
    }
}

/// @notice RequantizeLineOne over n samples of M elements, with a num, offset, shift and wide for
///         each of `channels` equal blocks of them.
template RequantizeLine(n, M, bits, low, channels, num, offset, shift, wide, lo, width, top) {
    signal input in[n][M];
    signal output out[n][M];

    component one[n][M];
    for (var i = 0; i < n; i++) {
        for (var j = 0; j < M; j++) {
            var c = j \ (M \ channels);
            one[i][j] = RequantizeLineOne(bits, low, num[c], offset[c], shift[c], wide[c], lo, width, top);
            one[i][j].in <== in[i][j];
            out[i][j] <== one[i][j].out;
        }
    }
}
