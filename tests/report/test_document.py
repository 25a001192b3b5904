"""The document tree: templates, numbers in reading order."""

import pytest

from needlewise.report.document import (
    Bars,
    Bullets,
    Callout,
    Document,
    IconRow,
    Icons,
    Num,
    Paragraph,
    Section,
    Table,
    line,
    numbers,
    plain,
    texts,
)


def test_a_line_takes_words_numbers_and_whole_texts():
    number = Num("15", "effect.x")
    text = line("{} and {}", "a", ("b ", number))
    assert plain(text) == "a and b 15"
    assert [p for p in text if isinstance(p, Num)] == [number]


@pytest.mark.parametrize(("template", "parts"), [("{}", ()), ("none", ("a",)), ("{} {}", ("a",))])
def test_a_line_refuses_a_wrong_number_of_parts(template, parts):
    with pytest.raises(ValueError, match="takes"):
        line(template, *parts)


def test_numbers_come_from_every_kind_of_block_in_reading_order():
    n = [Num(str(k), f"id.{k}") for k in range(8)]
    icons = IconRow("o", "label", (), 0, 0, 0, "text", ((n[4],),))
    blocks = (
        Paragraph((n[1],)),
        Bullets(((n[2],),)),
        Callout("note", "title", ((n[3],),)),
        Icons("i", "t", (icons,), ()),
        Table("c", ("a", "b"), (((n[5],), (n[6],)),)),
        Bars("b", "t", (("o", "l", 1, 0, 2, (n[7],)),)),
    )
    document = Document("t", (n[0],), (Section("s", "t", blocks),), ())
    assert numbers(document) == tuple(n)
    assert len(list(texts(document))) == 8
