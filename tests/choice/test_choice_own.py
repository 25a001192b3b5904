"""A point of the person's own counts by their ratings, under their words, and nowhere else."""

from pathlib import Path

import pytest

import needlewise as nw
from needlewise.person.reading import read_answers

OFFICE = Path(__file__).parents[2] / "examples" / "office_worker.toml"


def compared(topic, **answers):
    person = nw.Person.from_mapping({**read_answers(OFFICE), "weights": None, **answers}, topic)
    return nw.compare(nw.look_ahead(topic, None, person))


def test_ratings_decide_when_only_they_count(topic) -> None:
    rated = {"own": {"acupuncture": 2, "no-needling": 9}, "own_label": "being with my children"}
    found = compared(topic, weights={"own": 1}, **rated)
    assert found.fit is not None
    assert found.fit.shares == {"no-needling": 1.0, "acupuncture": 0.0}
    assert "being with my children 100" in nw.report.text(found)


def test_an_option_not_rated_is_carried_at_both_ends(topic) -> None:
    found = compared(topic, weights={"own": 1}, own={"no-needling": 5})
    assert found.fit is not None
    assert (found.fit.low["acupuncture"], found.fit.high["acupuncture"]) == (0.0, 1.0)


def test_a_rating_beyond_ten_is_refused(topic) -> None:
    with pytest.raises(nw.InputError, match="own"):
        compared(topic, own={"acupuncture": 11})


def test_no_other_number_moves(topic) -> None:
    plain, rated = compared(topic), compared(topic, own={"acupuncture": 1, "no-needling": 9})
    assert plain.outlook.cells == rated.outlook.cells
    assert plain.against_none == rated.against_none
