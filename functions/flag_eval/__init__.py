"""Evaluates feature flags for OpenFeature clients (OFREP)."""
