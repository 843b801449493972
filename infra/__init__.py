"""What the cloud is made of, and the `cairn` command."""
