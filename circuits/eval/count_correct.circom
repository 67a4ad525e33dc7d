pragma circom 2.2.0;

/// @notice correct = 1 if the hot class has the largest logit, ties to the lowest index, else 0.
///         C·(n + 1) + 2 constraints: C products, C sign decompositions of n bits, an is-zero.
///         With h one-hot at `label`, Y = Σ h_j·y_j and
///         e_j = Y - y_j - [j < label] + h_j·(y_j - lo):
///         e_j >= 0 iff class j does not beat the label; at the label itself e = y - lo, so the
///         same decomposition range-checks the label's own logit (without it every count could be
///         forged, since all differences are blind to a common offset). The label's sign must be 1:
///         a logit below lo is refused, and not counted as beaten, which would lower the count.
/// @param n    bits of a sign decomposition; honest logits lie in [lo, lo + 2^(n-1)).
/// @param lo   lowest honest logit; negative values as p - |lo|.
/// @param y    any field elements. Every satisfying assignment has the label's in
///             [lo, lo + 2^(n-1)), from e = y - lo, and all in [lo - 2^(n-1), lo + 2^n), from their
///             difference to it.
/// @param hot  h_0 .. h_(C-2) of a one-hot vector of booleans, constrained elsewhere.
/// @return correct  determined by y and hot.
template LabelIsArgmax(C, n, lo) {
    assert(n <= 252);
    signal input y[C];
    signal input hot[C - 1];
    signal output correct;

    var h[C];
    h[C - 1] = 1;
    for (var j = 0; j < C - 1; j++) {
        h[j] = hot[j];
        h[C - 1] -= hot[j];
    }
    signal chosen[C];
    var labelLogit = 0;
    for (var j = 0; j < C; j++) {
        chosen[j] <== h[j] * y[j];
        labelLogit += chosen[j];
    }

    signal bit[C][n - 1];
    var beaten = C;
    var labelIsHigher = 1;
    for (var j = 0; j < C; j++) {
        labelIsHigher -= h[j];
        var e = labelLogit - y[j] - labelIsHigher + chosen[j] - lo * h[j] + (1 << (n - 1));
        var rest = e;
        for (var i = 0; i < n - 1; i++) {
            bit[j][i] <-- (e >> i) & 1;
            bit[j][i] * (bit[j][i] - 1) === 0;
            rest -= bit[j][i] * (1 << i);
        }
        var sign = rest * (1 / (1 << (n - 1)));
        (1 - sign) * (sign - h[j]) === 0;
        beaten -= sign;
    }

    signal inverse <-- beaten != 0 ? 1 / beaten : 0;
    correct <== 1 - beaten * inverse;
    beaten * correct === 0;
}

/// @notice k = the number of samples whose label is the argmax of their logits.
///         Constraints: LabelIsArgmax and C booleans a sample, one linear constraint
///         for each packed input and one for k.
/// @param y       logits; see LabelIsArgmax for the interval that it enforces.
/// @param labels  public: one-hot bits (sample after sample, C each), 253 to an element, low first.
///                The bits are hints, booleans, and their packing has one reading below 2^253; the
///                last bit of a sample is 1 - Σ of the others and is checked to be boolean too, so
///                each sample has exactly one hot class.
/// @return k      determined by y and labels.
template CountCorrect(n, C, bits, lo) {
    var L = (n * C + 252) \ 253;
    signal input y[n][C];
    signal input labels[L];
    signal output k;

    signal hot[n][C - 1];
    var packed[L];
    for (var l = 0; l < L; l++) { packed[l] = 0; }
    component sample[n];
    var sum = 0;
    for (var i = 0; i < n; i++) {
        sample[i] = LabelIsArgmax(C, bits, lo);
        var last = 1;
        for (var j = 0; j < C; j++) {
            var at = i * C + j;
            var bit = 0;
            if (j < C - 1) {
                hot[i][j] <-- (labels[at \ 253] >> (at % 253)) & 1;
                hot[i][j] * (hot[i][j] - 1) === 0;
                sample[i].hot[j] <== hot[i][j];
                last -= hot[i][j];
                bit = hot[i][j];
            } else {
                last * (last - 1) === 0;
                bit = last;
            }
            packed[at \ 253] += bit * (1 << (at % 253));
            sample[i].y[j] <== y[i][j];
        }
        sum += sample[i].correct;
    }
    for (var l = 0; l < L; l++) { packed[l] === labels[l]; }
    k <== sum;
}
