"""Cairn's domain: one package per concept, standing on `cairn.platform`."""
