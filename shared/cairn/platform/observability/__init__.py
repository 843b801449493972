"""Logs, metrics and correlation of one invocation."""
