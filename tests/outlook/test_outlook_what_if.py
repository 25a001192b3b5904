"""What could be expected had something else been assumed."""

import numpy as np
import pytest
from tests.outlook.looks import look, with_assumption

from needlewise.choice import Values, compare
from needlewise.outlook.what_if import what_ifs
from needlewise.topic.pack import listed

FULL, OTHER_CARE = 0, 1


def test_the_full_effect_is_the_outlook_without_shrinking(topic):
    seen = look(topic, pain_nrs=3)
    run = what_ifs(seen)[FULL]
    plain = look(with_assumption(topic, "effect_shrinks_with_pain", 0.0), pain_nrs=3)
    assert np.allclose(run.shares[13.0], 1.0)
    assert np.mean(seen.shares[13.0]) < 0.9
    mine, theirs = run.cells["acupuncture"], plain.cell("acupuncture", "pain", 13)
    assert mine.chance == theirs.chance
    assert mine.expected == theirs.expected
    assert mine.effect == seen.cell("acupuncture", "pain", 13).effect


def test_conventional_care_adds_arms_that_got_it_and_no_needles(topic):
    seen = look(topic)
    run = what_ifs(seen)[OTHER_CARE]
    own, wider = ({s.id for s in c.sources} for c in (seen.course, run.course))
    added = wider - own
    assert own < wider
    arms = {f"{a['study_id']}/{a['arm_id']}": a for a in topic["arms"]}
    care = {"exercise", "physiotherapy", "education", "medication"}
    for source in added:
        given = set(listed(arms[source]["components"], " + "))
        assert given & care
        assert given <= care | {"usual-care", "no-treatment"}


def test_a_stop_has_no_runs(topic):
    assert what_ifs(look(topic, **{"red_flags": {"saddle_numbness": "yes"}})) == ()


def test_no_pain_score_leaves_runs_without_counts(topic):
    for run in what_ifs(look(topic, pain_nrs=None)):
        assert all(cell.chance is None for cell in run.cells.values())


def test_a_larger_difference_never_makes_a_verdict_stronger(topic):
    found = compare(look(topic), Values())
    assert list(found.otherwise) == [5.0, 15.0]
    order = ["cannot be told apart", "probably better", "better"]
    for small, usual, large in zip(
        found.otherwise[5.0],
        [found.verdict(v.option, "pain", 13) for v in found.otherwise[5.0]],
        found.otherwise[15.0],
        strict=True,
    ):
        words = [v.word for v in (small, usual, large)]
        if all(word in order for word in words):
            ranks = [order.index(word) for word in words]
            assert ranks == sorted(ranks, reverse=True)


def test_a_run_that_changes_the_leader_makes_it_a_close_call(topic, monkeypatch):
    """With the full effect taken away the verdict cannot stay what it was."""
    seen = look(topic)
    assert compare(seen, Values.ranking("pain")).fit.leader == "acupuncture"
    real = compare.__globals__["_tested"].__globals__["what_ifs"]

    def nothing_counts(outlook):
        first, *rest = real(outlook)
        none = {week: 0 * share for week, share in first.shares.items()}
        return (type(first)("nothing counts", first.cells, none, first.course), *rest)

    monkeypatch.setitem(compare.__globals__, "what_ifs", nothing_counts)
    fit = compare(seen, Values.ranking("pain")).fit
    assert fit.leader is None
    assert "nothing counts" in fit.overturned_by


@pytest.mark.parametrize("pain", [6, 9])
def test_runs_are_the_same_whenever_they_are_asked_for(topic, pain):
    assert what_ifs(look(topic, pain_nrs=pain)) is what_ifs(look(topic, pain_nrs=pain))
