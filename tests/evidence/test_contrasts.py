"""From contrasts to arms: what goes in comes out, and what cannot be true is refused by name."""

import csv
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlewise.errors import InputError
from needlewise.evidence.contrasts import Contrast, arms_from_contrasts

PUBLISHED = Path(__file__).resolve().parents[1] / "published" / "multiarm_error_cases.csv"
positive = st.floats(0.1, 100.0)


def solve(contrasts, sizes=None, rounding=0.01):
    named = sizes or {arm: None for c in contrasts for arm in (c.a, c.b)}
    return arms_from_contrasts("trial-x", contrasts, named, rounding)


def between(arms, pairs):
    """Exact contrasts of arms given as name -> (value, variance)."""
    return [Contrast(a, b, arms[a][0] - arms[b][0], arms[a][1] + arms[b][1]) for a, b in pairs]


@given(
    st.dictionaries(st.sampled_from("abcde"), st.tuples(st.floats(-50, 50), positive), min_size=3)
)
def test_all_contrasts_give_the_arms_back(arms) -> None:
    found = solve(between(arms, combinations(arms, 2)))
    first = next(iter(found))
    for arm, (value, variance) in arms.items():
        assert found[arm][0] == pytest.approx(value - arms[first][0], abs=1e-8)
        assert found[arm][1] == pytest.approx(variance, rel=1e-6)


@given(st.floats(-50, 50), positive)
def test_one_contrast_is_shared_and_kept_whole(value, variance) -> None:
    found = solve([Contrast("a", "b", value, variance)])
    assert found["a"][0] - found["b"][0] == pytest.approx(value)
    assert found["a"][1] == found["b"][1] == pytest.approx(variance / 2)


@pytest.mark.parametrize(
    ("sizes", "share"), [({"a": 30.0, "b": 10.0}, 0.25), ({"a": 30.0, "b": None}, 0.5)]
)
def test_the_larger_arm_has_the_smaller_variance(sizes, share) -> None:
    found = solve([Contrast("a", "b", 3.0, 8.0)], sizes)
    assert found["a"][1] == pytest.approx(8.0 * share)
    assert found["b"][1] == pytest.approx(8.0 * (1 - share))


@pytest.mark.parametrize("ends", [2, 3, 4])
def test_a_shared_arm_keeps_each_printed_variance(ends) -> None:
    """Arms of one SD, variance by 1/n: contrasts against one arm return them exactly."""
    sizes = dict(zip("cdefg", [40.0, 30.0, 60.0, 35.0, 50.0], strict=True))
    arms = {arm: (float(k), 400.0 / n) for k, (arm, n) in enumerate(sizes.items())}
    pairs = [(arm, "c") for arm in "defg"[:ends]]
    found = solve(between(arms, pairs), sizes)
    for arm in {a for pair in pairs for a in pair}:
        assert found[arm][1] == pytest.approx(arms[arm][1])
        assert found[arm][0] - found["c"][0] == pytest.approx(arms[arm][0])


def test_a_shared_arm_takes_the_mean_of_its_shares() -> None:
    found = solve([Contrast("a", "c", 1.0, 10.0), Contrast("b", "c", 2.0, 6.0)])
    assert found["c"][1] == pytest.approx((5.0 + 3.0) / 2)
    assert found["a"][1] + found["c"][1] == pytest.approx(10.0)
    assert found["b"][1] + found["c"][1] == pytest.approx(6.0)


def test_an_end_arm_never_ends_below_a_twentieth() -> None:
    found = solve([Contrast("a", "c", 1.0, 100.0), Contrast("b", "c", 2.0, 1.0)])
    assert found["b"][1] == pytest.approx(0.05)


def test_direction_of_a_contrast_does_not_matter() -> None:
    one = solve([Contrast("a", "c", 1.0, 10.0), Contrast("b", "c", 2.0, 6.0)])
    two = solve([Contrast("a", "c", 1.0, 10.0), Contrast("c", "b", -2.0, 6.0)])
    assert {k: pytest.approx(v) for k, v in one.items()} == two


def test_contrasts_within_rounding_are_reconciled() -> None:
    loop = [
        Contrast("a", "b", 1.0, 2.0),
        Contrast("b", "c", 1.0, 2.0),
        Contrast("a", "c", 2.3, 2.0),
    ]
    found = solve(loop, rounding=0.2)
    assert found["a"][0] - found["c"][0] == pytest.approx(2.2)
    with pytest.raises(InputError, match="trial-x contradict each other"):
        solve(loop, rounding=0.05)


def pair(a, b, value=0.0, variance=1.0):
    return Contrast(a, b, value, variance)


REFUSED = {
    "twice": ([pair("a", "b"), pair("b", "a")], "trial-x reports one comparison twice"),
    "with itself": ([pair("a", "a")], "trial-x compares an arm with itself"),
    "apart": ([pair("a", "b"), pair("c", "d")], "trial-x do not hang together"),
    "some but not all": (
        [pair("a", "b"), pair("b", "c"), pair("c", "d"), pair("a", "d")],
        "trial-x reports some but not all comparisons of its 4 arms",
    ),
    "signs": (
        [pair("a", "b", 5.0), pair("b", "c", 5.0), pair("a", "c", -10.0)],
        "trial-x contradict each other",
    ),
    "no triangle": (
        [pair("a", "b"), pair("b", "c"), pair("a", "c", variance=3.0)],
        "trial-x do not fit three or more arms",
    ),
    "an arm of no variance": (
        [pair("a", "b"), pair("b", "c"), pair("a", "c", variance=2.0)],
        "trial-x do not fit three or more arms",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_true_is_refused(name) -> None:
    contrasts, why = REFUSED[name]
    with pytest.raises(InputError, match=why) as error:
        solve(contrasts)
    assert str(error.value).endswith(".")


@pytest.mark.parametrize(
    ("study", "number"), [("Frank1990", "misfit 0.02173"), ("Batch 10", "variance -0.0003293")]
)
def test_published_impossible_trials_are_refused_with_the_printed_numbers(study, number) -> None:
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        contrasts = [
            Contrast(r["treat1"], r["treat2"], float(r["te"] or 0.0), float(r["se"]) ** 2)
            for r in csv.DictReader(file)
            if r["study"] == study
        ]
    arms = {arm: None for c in contrasts for arm in (c.a, c.b)}
    with pytest.raises(InputError, match=f"{study} do not fit") as error:
        arms_from_contrasts(study, contrasts, arms, 0.01)
    assert number in str(error.value)
