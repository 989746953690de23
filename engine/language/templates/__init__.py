"""Texts with {{ }}, and what is made of them."""
