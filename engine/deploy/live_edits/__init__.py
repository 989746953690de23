"""What becomes of those who wait when a project is edited, pinned, rolled back, or moved by hand."""
