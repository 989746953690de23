"""Contacts and their consent: import, export, change, deletion."""
