"""Deciding under every fault that a model can throw, and what should become of it."""
