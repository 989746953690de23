"""The pictures of the examples, as curves and colours."""
