pragma circom 2.2.0;

include "poseidon_constants.circom";

/// @notice The Poseidon permutation of width 17 between two S-box layers:
///         state = M·prev + (0, block); 76 rounds; out = the last S-box layer, before the last M.
///         The reader applies that last M, so that every linear layer lives in `var`s:
///         612 constraints, none of them linear.
///         In a partial round the next S-box's input, and not the S-box's output, is the named
///         signal: the dense sum then stands once, on the C side, instead of three times.
/// @param prev  any field elements: the `out` of the permutation before, or a constant preimage.
/// @param block any field elements: what is absorbed into lanes 1..16.
/// @return out  a function of prev and block: every signal here is assigned by `<==`.
template PoseidonRounds() {
    signal input prev[17];
    signal input block[16];
    signal output out[17];

    var C[8][17];
    var flat[136] = poseidonFullConstants();
    for (var i = 0; i < 136; i++) { C[i \ 17][i % 17] = flat[i]; }
    var M[17][17] = poseidonMatrix();
    var read[68][16] = poseidonPartialRead();
    var write[68][16] = poseidonPartialWrite();
    var offset[68] = poseidonPartialOffset();
    var finish[16][16] = poseidonFinish();
    var finishOffset[16] = poseidonFinishOffset();
    var cornerInverse = poseidonCornerInverse();

    signal square[8][17];
    signal fourth[8][17];
    signal power[7][17];
    signal partialSquare[68];
    signal partialFourth[68];
    signal next[68];

    var state[17];
    for (var i = 0; i < 17; i++) {
        state[i] = C[0][i];
        if (i > 0) { state[i] += block[i - 1]; }
        for (var j = 0; j < 17; j++) { state[i] += M[i][j] * prev[j]; }
    }

    for (var round = 0; round < 8; round++) {
        for (var i = 0; i < 17; i++) {
            square[round][i] <== state[i] * state[i];
            fourth[round][i] <== square[round][i] * square[round][i];
            if (round < 7) { power[round][i] <== fourth[round][i] * state[i]; }
            else { out[i] <== fourth[round][i] * state[i]; }
        }
        if (round < 7) {
            for (var i = 0; i < 17; i++) {
                state[i] = C[round + 1][i];
                for (var j = 0; j < 17; j++) { state[i] += M[i][j] * power[round][j]; }
            }
        }
        if (round == 3) {
            for (var p = 0; p < 68; p++) {
                partialSquare[p] <== state[0] * state[0];
                partialFourth[p] <== partialSquare[p] * partialSquare[p];
                var others = offset[p];
                for (var j = 0; j < 16; j++) { others += read[p][j] * state[j + 1]; }
                next[p] <== M[0][0] * partialFourth[p] * state[0] + others;
                var fifth = (next[p] - others) * cornerInverse;
                for (var j = 0; j < 16; j++) { state[j + 1] += write[p][j] * fifth; }
                state[0] = next[p];
            }
            var rest[16];
            for (var i = 0; i < 16; i++) {
                rest[i] = finishOffset[i];
                for (var j = 0; j < 16; j++) { rest[i] += finish[i][j] * state[j + 1]; }
            }
            for (var i = 0; i < 16; i++) { state[i + 1] = rest[i]; }
        }
    }
}

/// @notice A sponge over Poseidon, rate 16: absorbs n elements, squeezes lane 1.
///         612·⌈n/16⌉ + 1 constraints.
/// @param n        number of elements, at least 1; the last block is padded with zeros.
/// @param capacity the capacity lane's constant, which must encode domain, circuit and n: with it
///                 zero padding is injective, and no lane that the prover chooses ever starts there.
/// @param in       any field elements. They bind the values packed into them only if those are
///                 range-checked elsewhere (see Pack).
/// @return out     a collision-resistant digest of `in`, as far as Poseidon is.
template Sponge(n, capacity) {
    signal input in[n];
    signal output out;

    var blocks = (n + 15) \ 16;
    var unit[17] = poseidonUnitPreimage();
    var M[17][17] = poseidonMatrix();
    component rounds[blocks];
    for (var b = 0; b < blocks; b++) {
        rounds[b] = PoseidonRounds();
        for (var j = 0; j < 17; j++) {
            if (b == 0) { rounds[b].prev[j] <== unit[j] * capacity; }
            else { rounds[b].prev[j] <== rounds[b - 1].out[j]; }
        }
        for (var j = 0; j < 16; j++) {
            if (16 * b + j < n) { rounds[b].block[j] <== in[16 * b + j]; }
            else { rounds[b].block[j] <== 0; }
        }
    }
    var squeezed = 0;
    for (var j = 0; j < 17; j++) { squeezed += M[1][j] * rounds[blocks - 1].out[j]; }
    out <== squeezed;
}
