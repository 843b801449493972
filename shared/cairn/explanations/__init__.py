"""Why a decision was made: its factors at once, a narrative on request."""
