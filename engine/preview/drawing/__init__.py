"""Pictures by Pillow: a conversation in a phone, and text in its one font."""
