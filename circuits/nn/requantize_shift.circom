pragma circom 2.2.0;

include "../lib/bits.circom";

/// @notice out = clip(in / 2^shift rounded half to even, lo, lo + 2^width - 1).
///         n + 5 constraints (n + 3 if shift = 0; where `top` cuts the window short width + 2
///         more if lo = 0, else width + 3).
///         t = in + half - lo·2^shift + 2^(n-1) is decomposed; its top bit says in's quotient is
///         not below lo, bits shift .. shift+width-1 are the quotient in the window, and the window
///         is left when a bit between them and the top is 1 or the top is 0.
///         Rounding: for an even lo, half = 2^(shift-1) rounds ties up, and 1 is taken off when the
///         remainder is 0 and the quotient odd. For an odd lo, half is one less, ties go down, and 1
///         is added when the remainder is all ones and the quotient (lo + window) odd; so the
///         correction never leaves the window at the side of lo.
/// @param n     n >= shift + width + 1 and n <= 252.
/// @param odd   lo mod 2 (lo itself may be negative, as p - |lo|).
/// @param top   largest window value that may appear, 2^(width-1) <= top < 2^width.
/// @param in    any field element; outside [lo·2^shift - half - 2^(n-1), … + 2^n) no assignment
///              satisfies, so this template also range-checks `in`.
/// @return out  determined by in, in [lo, lo + top].
template RequantizeShiftOne(n, shift, lo, odd, width, top) {
    assert(n >= shift + width + 1 && n <= 252);
    signal input in;
    signal output out;

    var half = 0;
    if (shift > 0) { half = (1 << (shift - 1)) - odd; }
    var offset = half - lo * (1 << shift) + (1 << (n - 1));
    component bits = Bits(n, offset);
    bits.in <== in;

    var sum = in + offset;
    for (var i = 0; i < n - 1; i++) { sum -= bits.bit[i] * (1 << i); }
    var notBelow = sum * (1 / (1 << (n - 1)));
    var quotient = 0;
    for (var i = 0; i < width; i++) { quotient += bits.bit[shift + i] * (1 << i); }
    var strays = 1 - notBelow;
    for (var i = shift + width; i < n - 1; i++) { strays += bits.bit[i]; }

    // No bit between the window and the top: not to be below it is to be in it.
    var tight = n == shift + width + 1;
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

    signal correction;
    signal differInverse;
    if (shift > 0) {
        // How many bits differ from those of a tie whose quotient is odd.
        var differ = odd ? bits.bit[shift] : 1 - bits.bit[shift];
        for (var i = 0; i < shift; i++) { differ += odd ? 1 - bits.bit[i] : bits.bit[i]; }
        differInverse <-- differ != 0 ? 1 / differ : 0;
        correction <== 1 - differ * differInverse;
        differ * correction === 0;
        quotient += odd ? correction : -correction;
    } else {
        differInverse <== 0;
        correction <== 0;
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

/// @notice out = min(in, top). n + 2 constraints.
/// @param in  in [0, 2^n), constrained elsewhere; outside [top - 2^n, top + 2^n) no assignment
///            satisfies.
template AtMost(n, top) {
    signal input in;
    signal output out;

    component bits = Bits(n + 1, (1 << n) - top);
    bits.in <== in;
    var sum = in + (1 << n) - top;
    for (var i = 0; i < n; i++) { sum -= bits.bit[i] * (1 << i); }
    var notBelowTop = sum * (1 / (1 << n));
    out <== notBelowTop * (top - in) + in;
}

/// @notice RequantizeShiftOne over n samples of M elements, with a shift for each of `channels`
///         equal blocks of them.
/// @param bits, width, lo, odd, top  as there; in: as there.
template RequantizeShift(n, M, bits, channels, shift, lo, odd, width, top) {
    signal input in[n][M];
    signal output out[n][M];

    component one[n][M];
    for (var i = 0; i < n; i++) {
        for (var j = 0; j < M; j++) {
            one[i][j] = RequantizeShiftOne(bits, shift[j \ (M \ channels)], lo, odd, width, top);
            one[i][j].in <== in[i][j];
            out[i][j] <== one[i][j].out;
        }
    }
}
