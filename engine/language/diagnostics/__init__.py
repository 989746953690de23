"""What an author did wrong, and how it is told."""
