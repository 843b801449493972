"""Flags: what is switched on for whom, evaluated locally and answered over OFREP."""
