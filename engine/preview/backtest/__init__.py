"""Recorded people under two versions of the flows: who would get something else."""
