"""Kinds of sources: how a shop signs its webhooks, where topic and ids are, and what its topics become. One file a kind.

Invariants: nothing here opens a database, a file or a connection, or knows a project. Numbers of a body are integers or decimals, never
floats: an id beyond 2^53 stays what it is.
"""
