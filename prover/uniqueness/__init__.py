"""Does a circuit's R1CS leave a prover any choice? `decide(System.read(r1cs, sym))` says where."""

from .decision import Decision, decide
from .system import System

__all__ = ["Decision", "System", "decide"]
