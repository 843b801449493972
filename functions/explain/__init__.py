"""Tells why a decision was made: its factors at once, its narrative later."""
