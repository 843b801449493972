"""Reads what was counted, says how things stand, and describes the API."""
