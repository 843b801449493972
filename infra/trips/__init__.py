"""How often each kind of request goes to a store, counted in the process."""
