"""A messaging provider on loopback: real HTTP, signed callbacks, faults on demand."""

from __future__ import annotations

from engine.simulator.faults import Fault, parse_fault
from engine.simulator.ledger import Entry, Ledger
from engine.simulator.server import Simulator

__all__ = ["Entry", "Fault", "Ledger", "Simulator", "parse_fault"]
