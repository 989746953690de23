"""The promo flow as each peer's own documentation would have it written, one file a peer.

What is measured is their work alone: the contacts' names are computed, a text is a format string, a message is counted and nothing of it is
stored, and the wait is over at once. All of that is for their benefit.
"""
