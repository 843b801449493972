"""Sends the parcels that the queue did not take when they were made."""
