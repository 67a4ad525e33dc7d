"""Which processor this is, and which of its integer kernels onnxruntime may choose."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

KERNEL_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx_vnni_int8", "amx_int8")
"""Linux's names of the instruction sets by which MLAS picks a kernel for 8-bit products."""

CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Processor:
    """``flags``: those of `KERNEL_FLAGS` that it has; None where the system does not tell."""

    name: str
    flags: tuple[str, ...] | None

    def __str__(self) -> str:
        known = (
            "flags unknown" if self.flags is None else " ".join(self.flags) or "none of the flags"
        )
        return f"{self.name} ({known})"


def processor(cpuinfo: Path = CPUINFO) -> Processor:
    """This machine's; an emulator's own flags may differ from what the system tells."""
    name = platform.processor() or platform.machine()
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return Processor(name, None)
    fields: dict[str, str] = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon:
            fields.setdefault(key.strip(), value.strip())
    if "flags" not in fields:
        return Processor(name, None)
    present = fields["flags"].split()
    return Processor(fields.get("model name", name), tuple(f for f in KERNEL_FLAGS if f in present))
