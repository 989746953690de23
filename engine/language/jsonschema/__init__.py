"""JSON Schemas of everything that an author writes, for editors."""
