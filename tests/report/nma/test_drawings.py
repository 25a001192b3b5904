"""Pictures of a network: labels that do not collide, and words that say what they show."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.synthesis.nma.test_horizons import table as by_week
from tests.synthesis.nma.test_published import network

import needlewise as nw
from needlewise.errors import InputError
from needlewise.report import nma
from needlewise.report.nma.page import drawings
from needlewise.synthesis.nma import fit

ROOT = Path(__file__).resolve().parents[3]
SENN = ROOT / "tests" / "published" / "senn2013.csv"


@pytest.fixture(scope="module")
def many():
    return fit(network("linde2016"))


def boxes(svg):
    """Labels as boxes: (left, top, right, bottom)."""
    tree = ElementTree.fromstring(svg)
    for text in tree.iter("{http://www.w3.org/2000/svg}text"):
        size, told = float(text.get("font-size")), text.text or ""
        wide = nma.drawing.width(told, size, text.get("font-weight") == "bold")
        x, y = float(text.get("x")), float(text.get("y"))
        left = {"start": x, "middle": x - wide / 2, "end": x - wide}[text.get("text-anchor")]
        yield told, (left, y - 0.75 * size, left + wide, y + 0.2 * size)


def no_collision(name, drawn):
    """Labels stand within the picture, none over another."""
    tree = ElementTree.fromstring(drawn.svg)
    _, _, wide, high = (float(v) for v in tree.get("viewBox").split())
    found = list(boxes(drawn.svg))
    for k, (one, a) in enumerate(found):
        assert a[0] >= -1, (name, one)
        assert a[2] <= wide + 1, (name, one)
        assert a[3] <= high + 1, (name, one)
        for other, b in found[k + 1 :]:
            apart = a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 1 or b[3] <= a[1] + 1
            assert apart, (name, one, other)


def test_labels_do_not_collide_on_many_options(many):
    made = drawings(many, "higher")
    assert {"contributions", "contribution-bars", "net-heat"} <= set(made)
    for name, drawn in made.items():
        no_collision(name, drawn)


def test_effects_over_time_are_drawn_where_trials_join():
    rows = by_week()
    alone = {"study": ["z", "z"], "treatment": ["B", "D"], "weeks": [52.0, 52.0],
             "mean": [1.0, 2.0], "se": [1.0, 1.0]}  # fmt: skip
    rows = {name: [*rows[name], *alone[name]] for name in rows}
    trials = nw.read_network(rows, "MD", reference="A", weeks="weeks", week=52)
    fitted = nw.synthesise(trials, horizons=(6, 13, 26, 52))
    drawn = nma.effects_over_time(fitted)
    no_collision("over-time", drawn)
    assert "D at 52 weeks" in drawn.text
    assert "D at 6 weeks" not in drawn.text
    assert drawn.svg.count("<path") == 2 * 2  # D has one week, so no line and no band
    with pytest.raises(InputError, match="no horizons"):
        nma.effects_over_time(nw.synthesise(network("senn2013")))


def long_names():
    """Twenty options with names longer than any label, in a ring with chords and larger trials."""
    names = [f"{k} a treatment whose name is longer than any label may be" for k in range(20)]
    rows = []
    for k in range(20):
        arms = [k, (k + 1) % 20, (k + 5) % 20, (k + 9) % 20][: 2 + k % 3]
        for arm in arms:
            rows.append((f"trial {k} of a group of authors and more authors of one more place",
                         names[arm], 1.0 * arm + (k % 7), 3.0, 40))  # fmt: skip
    columns = ("study", "treatment", "mean", "sd", "n")
    return {name: [row[k] for row in rows] for k, name in enumerate(columns)}


def test_labels_do_not_collide_on_long_names():
    made = drawings(nw.synthesise(nw.read_network(long_names()), tau="dl"), "lower")
    for name in ("contributions", "contribution-bars", "net-heat"):
        no_collision(name, made[name])


def test_pictures_of_shares(many):
    bars = nma.contribution_bars(many, "SSRI", "TCA")
    assert bars.text.startswith("What the effect is made of: SSRI against TCA. By direct")
    assert bars.svg.count("<rect") <= 1 + 2 * 10
    assert "others" in bars.svg
    with pytest.raises(InputError, match="no option"):
        nma.contribution_bars(many, "water")
    heat = nma.contributions_heat(many)
    assert "SSRI most from SSRI against Placebo (" in heat.text
    rest = nma.contributions_heat(fit(network("hasselblad1998")))
    assert "others" not in rest.svg
    names = [f"o{k}" for k in range(31)]
    star = {"study": names[1:], "treat1": names[1:], "treat2": ["o0"] * 30, "TE": [1.0] * 30,
            "seTE": [1.0] * 30}  # fmt: skip
    large = nw.synthesise(nw.read_network(star, reference="o0"))
    with pytest.raises(InputError, match="at most 30 options"):
        nma.contributions_heat(large)
    assert not {"contributions", "contribution-bars", "net-heat"} & set(drawings(large, "lower"))


def test_net_heat_is_drawn_where_there_are_loops(many):
    assert "18 comparisons with the smallest parts of Q are left out" in nma.net_heat_map(many).text
    senn = nma.net_heat_map(fit(network("senn2013")), model="random")
    assert "left out" not in senn.text
    table = {"study": ["1", "2"], "treat1": ["B", "C"], "treat2": ["A", "A"], "TE": [1.0, 2.0],
             "seTE": [1.0, 1.0]}  # fmt: skip
    drawn = nma.net_heat_map(nw.synthesise(nw.read_network(table, reference="A")))
    assert "No closed loop" in drawn.text
    no_collision("without loops", drawn)


def test_pictures_say_in_words_what_they_show(many):
    for drawn in drawings(many, "lower").values():
        assert "<title>" in drawn.svg
        assert len(drawn.text) > 20
        assert drawn.png().startswith(b"\x89PNG")
