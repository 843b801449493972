"""Fitting: the published numbers of models, from data, again and again the same."""
