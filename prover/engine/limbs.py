"""LLVM building blocks: memory at addresses, and arithmetic modulo an odd prime below 2^255.

Every operation here is a numba intrinsic over ``int64`` *addresses* of four little-endian limbs.
Modular operations become functions of their own in the machine code (never inlined): a call costs
about 1 ns against 15 ns for a product, and callers compile in milliseconds.
Destinations may coincide with sources: all operands are loaded before anything is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import errors
from numba.extending import intrinsic

I64, I128, I256, I320 = (ir.IntType(bits) for bits in (64, 128, 256, 320))
WORD_MASK = (1 << 64) - 1
ELEMENT = 32
"""Bytes of one field element."""

Emit = Callable[[ir.IRBuilder, Sequence[ir.Value]], None]


@dataclass(frozen=True)
class Modulus:
    """An odd prime ``value`` < 2^255 with the constants of Montgomery form, radix 2^256."""

    name: str
    value: int

    @property
    def limbs(self) -> list[int]:
        """The four 64-bit limbs, least significant first."""
        return [(self.value >> (64 * i)) & WORD_MASK for i in range(4)]

    @property
    def negated_inverse(self) -> int:
        """-value^-1 mod 2^64."""
        return -pow(self.value, -1, 1 << 64) & WORD_MASK


def _pointer(builder: ir.IRBuilder, address: ir.Value, kind: ir.Type) -> ir.Value:
    return builder.inttoptr(address, kind.as_pointer())


def _load(builder: ir.IRBuilder, address: ir.Value, kind: ir.Type = I256) -> ir.Value:
    return builder.load(_pointer(builder, address, kind), align=1)


def _store(builder: ir.IRBuilder, value: ir.Value, address: ir.Value) -> None:
    builder.store(value, _pointer(builder, address, value.type), align=1)


def _reduce_once(builder: ir.IRBuilder, value: ir.Value, modulus: Modulus) -> ir.Value:
    """``value`` mod p for a 256-bit ``value`` < 2p."""
    p = ir.Constant(I256, modulus.value)
    small = builder.icmp_unsigned("<", value, p)
    return builder.select(small, value, builder.sub(value, p))


def emit_add(modulus: Modulus) -> Emit:
    """[d] = [a] + [b] mod p."""

    def emit(builder: ir.IRBuilder, args: Sequence[ir.Value]) -> None:
        total = builder.add(_load(builder, args[1]), _load(builder, args[2]))
        _store(builder, _reduce_once(builder, total, modulus), args[0])

    return emit


def emit_sub(modulus: Modulus) -> Emit:
    """[d] = [a] - [b] mod p."""

    def emit(builder: ir.IRBuilder, args: Sequence[ir.Value]) -> None:
        a, b = _load(builder, args[1]), _load(builder, args[2])
        borrow = builder.icmp_unsigned("<", a, b)
        p, zero = ir.Constant(I256, modulus.value), ir.Constant(I256, 0)
        correction = builder.select(borrow, p, zero)
        _store(builder, builder.add(builder.sub(a, b), correction), args[0])

    return emit


def emit_mul(modulus: Modulus) -> Emit:
    """[d] = [a]·[b]·2^-256 mod p: coarsely integrated operand scanning.

    With p < 2^255 and operands below p the running total stays below 2p < 2^256 after every
    outer step, so no fifth limb is needed (Acar's "no-carry" variant).
    """
    p = [ir.Constant(I128, limb) for limb in modulus.limbs]
    n0 = ir.Constant(I64, modulus.negated_inverse)

    def emit(builder: ir.IRBuilder, args: Sequence[ir.Value]) -> None:
        a = [builder.zext(_limb(builder, args[1], i), I128) for i in range(4)]
        total: ir.Value = ir.Constant(I320, 0)
        for i in range(4):
            digit = builder.zext(_limb(builder, args[2], i), I128)
            total = _add_row(builder, total, a, digit)
            m = builder.mul(builder.trunc(total, I64), n0)
            total = _add_row(builder, total, p, builder.zext(m, I128))
            total = builder.lshr(total, ir.Constant(I320, 64))
        _store(builder, _reduce_once(builder, builder.trunc(total, I256), modulus), args[0])

    return emit


def _limb(builder: ir.IRBuilder, address: ir.Value, i: int) -> ir.Value:
    return _load(builder, builder.add(address, ir.Constant(I64, 8 * i)), I64)


def _add_row(
    builder: ir.IRBuilder, total: ir.Value, row: Sequence[ir.Value], digit: ir.Value
) -> ir.Value:
    """``total`` + row·digit, as one carry chain of low halves and one of high halves."""
    products = [builder.mul(limb, digit) for limb in row]
    shift = ir.Constant(I128, 64)
    low = _join(builder, [builder.trunc(product, I64) for product in products])
    high = _join(builder, [builder.trunc(builder.lshr(p, shift), I64) for p in products])
    high = builder.shl(high, ir.Constant(I320, 64))
    return builder.add(builder.add(total, low), high)


def _join(builder: ir.IRBuilder, limbs: Sequence[ir.Value]) -> ir.Value:
    joined: ir.Value = ir.Constant(I320, 0)
    for i, limb in enumerate(limbs):
        shifted = builder.shl(builder.zext(limb, I320), ir.Constant(I320, 64 * i))
        joined = builder.or_(joined, shifted)
    return joined


def _function(module: ir.Module, name: str, arity: int, emit: Emit) -> ir.Function:
    """The module's function ``name`` of ``arity`` addresses, emitted on first use."""
    if name in module.globals:
        return module.globals[name]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [I64] * arity), name)
    function.linkage = "linkonce_odr"
    function.attributes.add("noinline")
    function.attributes.add("nounwind")
    builder = ir.IRBuilder(function.append_basic_block())
    emit(builder, function.args)
    builder.ret_void()
    return function


def ternary(name: str, emit: Emit) -> Any:
    """An intrinsic ``op(d, a, b)`` over addresses, compiled as the function ``name``."""
    signature = types.void(types.int64, types.int64, types.int64)

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        builder.call(_function(builder.module, name, 3, emit), args)
        return context.get_dummy_value()

    @intrinsic
    def operation(typingctx: Any, d: Any, a: Any, b: Any) -> Any:
        return signature, generate

    return operation


def constant(name: str, limbs: Sequence[int]) -> Any:
    """An intrinsic ``name()`` that gives the address of read-only ``limbs``."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if name in builder.module.globals:
            table = builder.module.globals[name]
        else:
            kind = ir.ArrayType(I64, len(limbs))
            table = ir.GlobalVariable(builder.module, kind, name)
            table.global_constant = True
            table.linkage = "linkonce_odr"
            table.initializer = ir.Constant(kind, [ir.Constant(I64, limb) for limb in limbs])
        return builder.ptrtoint(table, I64)

    @intrinsic
    def address(typingctx: Any) -> Any:
        return types.int64(), generate

    return address


@intrinsic
def stack(typingctx: Any, elements: Any) -> Any:
    """Address of uninitialised stack memory for a literal number of field elements."""
    if not isinstance(elements, types.IntegerLiteral):
        raise errors.RequireLiteralValue("stack() takes a literal number of elements")
    count = elements.literal_value

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        with builder.goto_entry_block():
            memory = builder.alloca(ir.ArrayType(I64, 4 * count))
            memory.align = 16
        return builder.ptrtoint(memory, I64)

    return types.int64(elements), generate


@intrinsic
def load64(typingctx: Any, address: Any) -> Any:
    """The 64-bit word at ``address``."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _load(builder, args[0], I64)

    return types.uint64(types.int64), generate


@intrinsic
def load32(typingctx: Any, address: Any) -> Any:
    """The unsigned 32-bit word at ``address``, as a signed 64-bit integer."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.zext(_load(builder, args[0], ir.IntType(32)), I64)

    return types.int64(types.int64), generate


@intrinsic
def store32(typingctx: Any, address: Any, value: Any) -> Any:
    """Write the low 32 bits of ``value`` to ``address``."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _store(builder, builder.trunc(args[1], ir.IntType(32)), args[0])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


@intrinsic
def store64(typingctx: Any, address: Any, value: Any) -> Any:
    """Write a 64-bit word to ``address``."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _store(builder, args[1], args[0])
        return context.get_dummy_value()

    return types.void(types.int64, types.uint64), generate


@intrinsic
def copy(typingctx: Any, d: Any, a: Any) -> Any:
    """[d] = [a], one element."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _store(builder, _load(builder, args[1]), args[0])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


@intrinsic
def clear(typingctx: Any, d: Any) -> Any:
    """[d] = 0, one element."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _store(builder, ir.Constant(I256, 0), args[0])
        return context.get_dummy_value()

    return types.void(types.int64), generate


@intrinsic
def equal(typingctx: Any, a: Any, b: Any) -> Any:
    """Whether two elements are the same 256 bits."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.icmp_unsigned("==", _load(builder, args[0]), _load(builder, args[1]))

    return types.boolean(types.int64, types.int64), generate


@intrinsic
def below(typingctx: Any, a: Any, b: Any) -> Any:
    """Whether [a] < [b] as 256-bit integers."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.icmp_unsigned("<", _load(builder, args[0]), _load(builder, args[1]))

    return types.boolean(types.int64, types.int64), generate
