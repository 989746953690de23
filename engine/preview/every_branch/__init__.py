"""A story for each branch of a flow, found by playing it, and stories saved as flow tests."""
