"""The same stack on one machine: an AWS emulator and a real Valkey as child processes."""
