"""What contacts get, told as kinds of stories: in a terminal, as JSON, as a page."""
