"""Contacts and their consent: taken in, told, forgotten."""
