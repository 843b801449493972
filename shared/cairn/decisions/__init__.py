"""Deciding what a visitor sees next, under one deadline: cache, rules, fallback."""
