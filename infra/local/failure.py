"""What goes wrong on a developer's machine, told in one sentence."""


class LocalError(Exception):
    """The local stack cannot go on; the message is one sentence that says what to do."""
