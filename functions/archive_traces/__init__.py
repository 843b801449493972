"""Writes traces to the archive before their table forgets them."""
