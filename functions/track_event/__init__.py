"""Takes what visitors did, packs it into parcels and queues them."""
