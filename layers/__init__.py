"""How the one shared layer is built: locked requirements, and uv instead of Docker."""
