"""Deciding what a visitor sees next, under one deadline: cache, rules, models, fallback.

Its models are built by pydantic when they are first used (`defer_build`): a cold start pays for no
replay and no question to a model that never comes.
"""
