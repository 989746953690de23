"""A messaging provider on loopback: real HTTP, several APIs, signed callbacks, faults on demand."""

from __future__ import annotations

from engine.simulator.dialects.bandwidth import Application
from engine.simulator.faults import Fault, parse_fault
from engine.simulator.ledger import Entry, Ledger
from engine.simulator.simulator import Simulator

__all__ = ["Application", "Entry", "Fault", "Ledger", "Simulator", "parse_fault"]
