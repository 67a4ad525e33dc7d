"""Native BN254 Groth16: R1CS and zkey files, single-party setup, key checks, verification.

Numbers live in flat ``uint64`` memory, four little-endian 64-bit limbs each, and the compiled
kernels work on *addresses* of such memory, as hand-written assembly would: a field operation is
one call to a function of three pointers. That keeps machine code small, so that a cold numba
cache costs seconds, and lets one kernel serve G1 (over Fq) and G2 (over Fq2).

Constant time is **not** claimed anywhere: branches and memory accesses depend on the data. The
only secrets handled here are the trapdoors of a development setup, which are as trustworthy as
the process that draws them; they are never written or logged.

====================  ======================================================================
``binfile``           iden3's sectioned container, read through a memory map, written atomically
``r1cs``, ``zkey``    the two file formats that matter, with every bound checked
``limbs``, ``field``  LLVM arithmetic modulo the two primes; conversion from Python integers
``quadratic``         Fq2, and "degree 1 or 2" operations shared by the two groups
``curve``             G1 and G2 in affine and Jacobian coordinates
``fixed_base``        many multiples of one generator at once
``domain``            roots of unity and Lagrange polynomials evaluated at a known point
``tower``, ``pairing``  Fq6, Fq12 and the optimal ate pairing
``setup``, ``ptau``   a key, or powers of tau, from locally known trapdoors
``verify``            the Groth16 equation with every input validated
====================  ======================================================================
"""
