"""What people and scripts ask of the store: read only, off the hot path."""
