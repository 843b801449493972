"""What the stacks are made of: each construct is one noun."""
