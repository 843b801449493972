"""Experiments: who was given which variation, what came of it, and what may be believed of that."""
