"""Compares rollups with the alert rules, every minute, and tells who wants to know."""
