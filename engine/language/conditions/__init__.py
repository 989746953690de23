"""Conditions: parsed into a tree, evaluated as closures."""
