"""Rows and whole answers as people and scripts see them, on the command line and over HTTP."""
