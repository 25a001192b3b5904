"""A figure that was stored is the figure that was drawn."""

import pytest

from needlewise.report.document import Num, Table
from needlewise.report.figures import Figure
from needlewise.report.figures.stored import from_json, to_json


def test_a_figure_comes_back_as_it_was():
    table = Table("Câption", ("a", "b"), ((("x",), ("y ", Num("3", "n.1"), " z")), (("q",), ())))
    figure = Figure("forest-1", "A title", "words", "<svg/>", ({"a": 1.5, "b": None},), (table,))
    assert from_json(to_json(figure)) == figure


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"name": "x"}'])
def test_other_text_is_refused(text):
    with pytest.raises((ValueError, KeyError, TypeError)):
        from_json(text)
