"""From the text of a file to plain data, with a place for each value."""
