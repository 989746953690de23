"""Statements for people and scripts: they read only, and are not on the hot path."""
