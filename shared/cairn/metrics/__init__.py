"""Metrics: events folded into rollups exactly once, and read back by window."""
