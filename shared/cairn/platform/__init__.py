"""What every concept stands on. Nothing in here knows a concept."""
