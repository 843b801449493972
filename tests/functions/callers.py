"""Who calls a function, as the functions' own tests do."""

from infra.inprocess.callers import WORKSPACE, Answered, Context, answered, api_key, http_event

__all__ = ["WORKSPACE", "Answered", "Context", "answered", "api_key", "http_event"]
