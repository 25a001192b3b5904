"""Ratings of trials from a table."""

import pytest

from needlewise.errors import InputError
from needlewise.evidence.tables.ratings import read_ratings


def test_words_letters_and_numbers():
    table = {"Study": ["a", "b", "c", "c"], "RoB": ["Low", "U", "3", "3"],
             "indirectness": ["", "some concerns", "H", "h"]}  # fmt: skip
    assert read_ratings(table) == {"a": ("low", ""), "b": ("some", "some"), "c": ("high", "high")}
    assert read_ratings({"study": ["a"], "rob": ["low"]}) == {"a": ("low", "")}


@pytest.mark.parametrize(("table", "told"), [
    ({"study": ["a"], "rob": ["fine"]}, "row 1, column rob: 'fine' is no rating"),
    ({"study": ["a", "a"], "rob": ["low", "high"]}, "rated in two ways"),
    ({"study": ["a"], "n": [3]}, "needs a column"),
])  # fmt: skip
def test_what_is_no_rating(table, told):
    with pytest.raises(InputError, match=told):
        read_ratings(table)
