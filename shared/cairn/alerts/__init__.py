"""Alerts: rules over metrics, where each of them stands, and who is told."""
