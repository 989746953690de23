"""What `plan` shows: its words, its forms, and the forecast."""
