"""Proofs under faults: what must stay true while everything around goes wrong."""
