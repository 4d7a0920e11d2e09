"""How a text in two languages is told on one line, as errors do."""

from conformance.model import Text


def both(text: Text) -> str:
    """English first, then Japanese."""
    return f"{text.en} / {text.ja}"
