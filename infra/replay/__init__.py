"""Real sessions, replayed through the product, and what the metrics must then say."""
