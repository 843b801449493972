"""Traces: spans of ours and of others, kept, listed and shown as waterfalls."""
