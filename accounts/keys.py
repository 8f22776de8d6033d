def is_key(text: str) -> bool:
    """Whether a text can be a row's key; what a person puts into an address or a form may be anything."""
    return text.isascii() and text.isdigit() and len(text) < 19
