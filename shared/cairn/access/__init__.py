"""Who asks: API keys, principals and scopes."""
