"""What is wrong between nodes and files: rules, what they look at, and what silences or mends them."""
