"""Judges experiments, every quarter of an hour and when asked, and rolls back what does harm."""
