"""Configuration as published documents: flows, flags, alert rules, dimensions."""
