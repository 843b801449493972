"""What the cloud runs: one folder per verb, the same three names in each."""
