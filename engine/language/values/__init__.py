"""Small values: numbers, durations, names, addresses, types of fields."""
