"""How a text in two languages is told on one line, as errors do."""

from conformance.model import Text


def both(text: Text) -> str:
    """English first, then Japanese; a text that is the same in both is told once."""
    return text.en if text.en == text.ja else f"{text.en} / {text.ja}"
