"""The form surface: which step of a flow comes next, and with which fields."""
