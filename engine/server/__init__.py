"""The daemon: threads, signals, HTTP."""
