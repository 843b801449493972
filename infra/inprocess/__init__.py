"""Everything in one process, on moto: AWS, and whoever calls a function."""
