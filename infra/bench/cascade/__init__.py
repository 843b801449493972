"""What a decision costs by tier, a model call beside the bare SDK, and what a cache saves."""
