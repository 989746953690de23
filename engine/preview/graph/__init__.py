"""Flows as drawings: one layout, written as SVG, PNG and Mermaid."""
