pragma circom 2.2.0;

/// @notice Σ in[j]·2^(stride·j) over `slots` values at a time, row by row; one linear constraint a group.
/// @param slots, stride slots·stride <= 253.
/// @param in  every element constrained elsewhere to an interval of fewer than 2^stride integers;
///            then a packed value has one reading. Without that one packed value has many: packing
///            binds nothing, and neither does hashing what is packed.
/// @return out ⌈rows·columns/slots⌉ packed values.
template Pack(rows, columns, slots, stride) {
    assert(slots * stride <= 253);
    var count = rows * columns;
    var groups = (count + slots - 1) \ slots;
    signal input in[rows][columns];
    signal output out[groups];

    for (var g = 0; g < groups; g++) {
        var sum = 0;
        for (var j = 0; j < slots && g * slots + j < count; j++) {
            var at = g * slots + j;
            sum += in[at \ columns][at % columns] * (1 << (stride * j));
        }
        out[g] <== sum;
    }
}
