"""The console's routes, a file for each subject."""
