"""Conditions: read into a tree, asked as closures."""
