"""Behavior: what a session did lately, and what that says about it."""
