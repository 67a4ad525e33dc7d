pragma circom 2.2.0;

include "../lib/bits.circom";

/// @notice The public test set as private signals: out holds the values that `packed` packs, sample
///         after sample, ⌊253/bits⌋ to an element, low first. n·M·bits constraints and one linear
///         one an element.
/// @param bits, lo  values lie in [lo, lo + 2^bits).
/// @param packed    public: Σ_j (value_j - lo)·2^(bits·j); recomputed by the verifier from the data.
/// @return out      hints. Each is range-checked, so out - lo has `bits` bits, and a packed element
///                  has one reading below 2^253: determined by `packed`. For an element that packs
///                  anything else no assignment satisfies.
template PublicData(n, M, bits, lo) {
    var slots = 253 \ bits;
    var L = (n * M + slots - 1) \ slots;
    signal input packed[L];
    signal output out[n][M];

    var rest[L];
    for (var l = 0; l < L; l++) { rest[l] = packed[l]; }
    component range[n];
    for (var i = 0; i < n; i++) {
        range[i] = RangeCheck(M, bits, lo);
        for (var j = 0; j < M; j++) {
            var at = i * M + j;
            out[i][j] <-- ((packed[at \ slots] >> (bits * (at % slots))) & ((1 << bits) - 1)) + lo;
            range[i].in[j] <== out[i][j];
            rest[at \ slots] -= (out[i][j] - lo) * (1 << (bits * (at % slots)));
        }
    }
    for (var l = 0; l < L; l++) { rest[l] === 0; }
}
