"""The web side of the daemon: callbacks, media, tracked links, health. Loaded by the daemon alone."""
