"""The `cairn` command: a developer's tool, one file for each subcommand."""
