"""Folds each parcel into sessions and rollups exactly once, and archives it."""
