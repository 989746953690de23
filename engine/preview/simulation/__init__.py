"""`simulate` and `upcoming`: who is played, what starts it, what people do."""
