"""From text to Program: read, check, compile. Pure: the files and a look at the media are handed in."""
