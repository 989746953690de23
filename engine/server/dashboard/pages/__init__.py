"""One page a file: what it reads, and what a person can do there. Its template has the same name."""
