"""One tick: who enters, what each run does next, and what of it is stored."""
