"""What evaluating a flag costs, beside GrowthBook's SDK and flagd's core."""
