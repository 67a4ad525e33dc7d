pragma circom 2.2.0;

/// @notice 1, r, r², …; count - 2 constraints.
/// @param count at least 2.
/// @param r     any field element.
/// @return out  out[e] = r^e, determined by r.
template Powers(count) {
    assert(count >= 2);
    signal input r;
    signal output out[count];

    out[0] <== 1;
    out[1] <== r;
    for (var e = 2; e < count; e++) { out[e] <== out[e - 1] * r; }
}
