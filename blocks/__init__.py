"""The built-in blocks, one file a block: what it accepts, what it decides, how it is drawn."""
