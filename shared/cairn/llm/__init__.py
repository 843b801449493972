"""Models: what is asked of them, who answers, and what it costs."""
