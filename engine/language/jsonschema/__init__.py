"""JSON Schemas of all that an author writes, for editors."""
