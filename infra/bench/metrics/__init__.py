"""What an answer of the read API reads and costs after a million events."""
