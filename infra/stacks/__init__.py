"""What is deployed together: `state` outlives `app`."""
