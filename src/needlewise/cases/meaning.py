"""Whether a limit that a case asks for is said, in whatever order and form of its words.

The words that carry meaning (not "the", "no" or "only"; endings taken off; codes of points kept)
are looked for in the texts of the option. At least SHARE of them must be there, and where the case
forbids something, so must the option's texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from needlewise.cases.channels import plain

SHARE = 0.6
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a an and any are as at be before but by can cannot do does for from has have if in into "
        "is it its no not of off on one only or out over shown so than that the their then there "
        "these they this to under until up very where which while with without you your never "
        "avoid avoided allowed possible stay stays",
    )
)
_FORBIDS = re.compile(r"\b(?:no|not|never|avoid\w*|without|drop out|cannot|blocked|only)\b")
_ENDINGS = ("ings", "ing", "ed", "es", "s", "er", "ly")


def said(expected: str, texts: Iterable[str]) -> bool:
    """Whether the texts say what is expected, by its words."""
    found = [plain(text) for text in texts]
    wanted, have = _stems(plain(expected)), set().union(*map(_stems, found), set())
    if not wanted:
        return any(plain(expected) in text for text in found)
    if _FORBIDS.search(plain(expected)) and not any(map(_FORBIDS.search, found)):
        return False
    return len(wanted & have) >= SHARE * len(wanted)


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in re.findall(r"[a-z0-9]+", text) if word not in _EMPTY}


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word
