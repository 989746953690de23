"""One tick: who enters, what each run does next, what is stored of it."""
