"""Which characters of a text may reach a page: what cannot be seen or would reorder it goes."""

from __future__ import annotations

import re

_BREAKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
# Control characters, lone surrogates, direction overrides, tags and noncharacters. Joiners stay:
# Persian, Hindi and many emoji are misspelt without them.
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufeff\ufff9-\ufffc\ufffe\uffff"
    r"\ud800-\udfff"
    + "".join(
        f"{chr(plane * 0x10000 + 0xFFFE)}-{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17)
    )
    + "\U000e0000-\U000e007f]"
)


def clean(text: str) -> str:
    """The text without control characters; a line break or tab becomes a space."""
    if text.isascii() and text.isprintable():  # nearly every text, and far the fastest to tell
        return text
    return _UNSEEN.sub("", _BREAKS.sub(" ", text))
