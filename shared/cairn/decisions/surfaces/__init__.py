"""Kinds of places that ask for decisions; each is a folder of the same shape."""
