"""Events: what visitors do and what functions report, on their way to being counted."""
