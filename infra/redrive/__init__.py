"""Dead letters: looked at, told apart, and sent back."""
