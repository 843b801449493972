"""Measurements of what the product costs, each beside something known."""
