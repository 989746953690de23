"""Findings: errors and warnings in an author's files, and how they are shown."""
