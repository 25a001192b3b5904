"""What files and forms hold as words: the same for every record, checked as it is read."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from needlewise.person.answers import shown

WRONG = "typed"  # the type of every error of these checks
LONGEST = 2000  # letters of a note


def wrong(what: str) -> PydanticCustomError:
    """What is wrong with a value, as the end of a sentence that begins with its place."""
    return PydanticCustomError(WRONG, "{what}", {"what": what})


def words(value: object) -> str:
    """Text, stripped; raises where it is none, too long or broken."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise wrong(f"must be text in quotes, not {shown(value)}")
    if len(value) > LONGEST:
        raise wrong(f"has {len(value):,} letters; shorten it to {LONGEST:,}")
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise wrong("holds a broken letter; type it again")
    return value.strip()


Words = Annotated[str, BeforeValidator(words)]


class Part(BaseModel):
    """Nothing undeclared is taken and nothing changes afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid")
