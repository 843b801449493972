"""What participants of an experiment did before its metrics were followed, from the archive."""
