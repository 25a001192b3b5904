"""Pictures of the evidence: the engine's numbers, no text over another, the same bytes."""

import hashlib
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import combinations

import altair
import evidence_made_up as made_up
import jsonschema
import numpy as np
import pytest
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st

from needlewise.errors import InputError
from needlewise.evidence import audience_all, audience_default
from needlewise.report import figures
from needlewise.report.document import plain
from needlewise.report.figures import forest_png, forest_svg, network_svg
from needlewise.report.figures.drawing import width, wrap
from needlewise.report.figures.forest import lines_of, own_estimates
from needlewise.report.figures.network_graph import graph_of
from needlewise.report.figures.network_plot import _crossings, fewest_crossings
from needlewise.report.public_words import display_unit, signed
from needlewise.synthesis.base import evidence_base
from needlewise.synthesis.synthesise import synthesise
from needlewise.topic import load_topic

TOPIC = load_topic()
SVG = "{http://www.w3.org/2000/svg}"
WEEKS = [float(h["week"]) for h in TOPIC.settings["horizons"]]
AUDIENCES = {"own": audience_default(TOPIC), "everyone": audience_all(TOPIC)}
CASES = [(o, a, w) for o in ("pain", "disability") for a in AUDIENCES for w in WEEKS]
HOSTILE = '<script>alert("1")</script> & ]]> \x07 \u202eover'


def once(make):
    """Each picture is drawn once; what it is made from is kept, so that its id stays its own."""
    drawn = {}

    def found(base, week=None):
        key = id(base), week
        if key not in drawn:
            drawn[key] = base, make(base, week)
        return drawn[key][1]

    return found


forest, network_graph = once(figures.forest), once(figures.network_graph)


def effects_of(outcome, audience):
    effects = evidence_base(TOPIC).effects(outcome, AUDIENCES[audience])
    assert effects is not None
    return effects


def boxes(svg):
    """Every text of a picture with its box, by an average letter and not by the layout's own."""
    found = []

    def walk(node, x, y):
        moved = node.get("transform", "")
        if moved.startswith("translate("):
            dx, dy = map(float, moved[10 : moved.index(")")].split(","))
            x, y = x + dx, y + dy
        if node.tag == f"{SVG}text":
            size = float(node.get("font-size").removesuffix("px"))
            wide = 0.56 * size * len(node.text)
            start = {"start": 0.0, "middle": 0.5, "end": 1.0}[node.get("text-anchor", "start")]
            left = x - start * wide
            found.append((node.text, (left, y - 0.78 * size, left + wide, y + 0.22 * size)))
        for child in node:
            walk(child, x, y)

    walk(ET.fromstring(svg), 0.0, 0.0)
    return found


def overlaps(svg):
    def touch(a, b):
        return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]

    return [(s, t) for (s, a), (t, b) in combinations(boxes(svg), 2) if touch(a, b)]


def outside(svg):
    _, _, wide, high = map(float, ET.fromstring(svg).get("viewBox").split())
    return [t for t, b in boxes(svg) if b[0] < 0 or b[1] < 0 or b[2] > wide or b[3] > high]


def words(svg):
    return " ".join(text for text, _ in boxes(svg))


# ---- The numbers ----


@pytest.mark.parametrize(("outcome", "audience", "week"), CASES)
def test_pooled_figures_and_predictions_are_the_engines(outcome, audience, week):
    effects = effects_of(outcome, audience)
    unit, found = display_unit(effects.network), forest(effects, week)
    for option in TOPIC.options:
        rows = {r["line"]: r for r in found.rows if r["option"] == option.id}
        if not option.components:
            assert rows == {}
        elif not effects.support[option.id, week].supported:
            assert not {"pooled", "prediction"} & set(rows)
        else:
            row = effects.contrast(week, option.components)
            for line, new in (("pooled", False), ("prediction", True)):
                summary = effects.summary(row, new_setting=new)
                assert rows[line]["low"] == pytest.approx(unit * summary.low, abs=1e-12)
                assert rows[line]["high"] == pytest.approx(unit * summary.high, abs=1e-12)
            assert rows["pooled"]["mean"] == pytest.approx(unit * effects.mean(row), abs=1e-12)


def head_to_head(network, components, horizon):
    """Trials in which adding the option is all that differs, told by vectors and not by sets."""
    index = {c: k for k, c in enumerate(network.components)}
    target = np.zeros(len(index))
    if not set(components) <= set(index):
        return set()
    target[[index[c] for c in components]] = 1.0
    found = set()
    for study in network.studies:
        for week in study.weeks:
            if horizon["window"][0] <= week < horizon["window"][1]:
                rows = []
                for arm in study.arms:
                    if week in arm.weeks:
                        rows.append(np.zeros(len(index)))
                        rows[-1][[index[c] for c in arm.components]] = 1.0
                if any(np.array_equal(a - b, target) for a in rows for b in rows):
                    found.add(study.id)
    return found


@pytest.mark.parametrize(("outcome", "audience", "week"), CASES)
def test_every_head_to_head_trial_is_drawn_once(outcome, audience, week):
    effects = effects_of(outcome, audience)
    horizon = next(h for h in TOPIC.settings["horizons"] if float(h["week"]) == week)
    found = forest(effects, week)
    for option in TOPIC.options:
        if option.components:
            drawn = [r["study"] for r in found.rows
                     if r["option"] == option.id and r["line"] == "trial"]  # fmt: skip
            assert sorted(drawn) == sorted(
                head_to_head(effects.network, option.components, horizon)
            )


def test_a_trials_own_estimate_is_the_difference_of_its_rows():
    """Molsberger 2002, week 4, by hand from the two rows of arm_results.csv."""
    network = effects_of("pain", "own").network
    horizon = TOPIC.settings["horizons"][0]
    own = {o.study.id: o for o in own_estimates(network, ("acupuncture",), horizon)}
    found = own["molsberger-2002"]
    rows = [r for r in TOPIC["arm_results"] if r.place in found.places]
    arms = {a["arm_id"]: a for a in TOPIC["arms"] if a["study_id"] == "molsberger-2002"}
    assert len(rows) == 2
    real, usual = sorted(rows, key=lambda r: "acupuncture" not in arms[r["arm_id"]]["components"])
    scale = 100.0 / float(real["scale_max"])
    sign = 1.0 if real["higher_is"] == "worse" and real["measure"] == "final" else None
    assert sign is not None, "the rows are no longer final scores; write the sum anew"
    assert found.value == pytest.approx(scale * (float(real["mean"]) - float(usual["mean"])))
    variance = sum(float(r["sd"]) ** 2 / float(r["n"]) for r in rows) * scale**2
    assert found.error == pytest.approx(variance**0.5)
    assert found.people == float(real["n"]) + float(usual["n"])


def test_of_several_weeks_the_nearest_is_drawn():
    own = own_estimates(
        effects_of("pain", "own").network, ("acupuncture",), TOPIC.settings["horizons"][0]
    )
    assert {o.study.id: o.week for o in own}["zaringhalam-2010"] == 5.0  # of 3, 4 and 5, for 6


@pytest.mark.parametrize(("outcome", "audience", "week"), CASES)
def test_picture_words_and_table_hold_the_same_numbers(outcome, audience, week):
    found = forest(effects_of(outcome, audience), week)
    table = found.tables[0]
    cells = [plain(cell) for row in table.rows for cell in row]
    picture = [text for text, _ in boxes(found.svg)]
    shown = [str(r["shown"]) for r in found.rows if r["shown"]]
    for text in shown:
        assert picture.count(text) == cells.count(text) == shown.count(text)
        assert text in found.alt
    numbers = [r for r in found.rows if r["low"] is not None]
    assert len(numbers) == len(shown)
    for row in numbers:
        ends = f"{signed(row['low'])} to {signed(row['high'])}"
        mean = row["mean"]
        assert row["shown"] == (ends if mean is None else f"{signed(mean)} ({ends})")
    assert len(table.rows) == len(found.rows)


def test_weights_of_an_option_sum_to_100_and_name_every_trial_behind_it():
    effects = effects_of("pain", "everyone")
    horizon = TOPIC.settings["horizons"][0]
    for option in ("dry-needling", "acupuncture", "electroacupuncture"):
        lines = [k for k in lines_of(effects, horizon) if k.option == option and k.weight]
        assert sum(k.weight for k in lines) == pytest.approx(100.0, abs=0.1)
        assert sum(k.percent for k in lines) in (99, 100)  # a rest below 0.05 has no line
    weights = {plain(row[0]): plain(row[1]) for row in forest(effects, 6.0).tables[1].rows}
    assert "Haake 2007" in weights["Acupuncture"]


def test_the_title_says_outcome_time_and_network():
    found = forest(effects_of("disability", "everyone"), 13.0)
    for part in ("Function", "after 3 months", "people of all kinds", "21", "Roland-Morris"):
        assert part in found.alt
        assert part in words(found.svg)
    assert "daily things go better" in words(found.svg)


def test_a_range_beyond_the_scale_ends_in_an_arrow():
    topic = made_up.topic_of(TOPIC, 5)
    network = evidence_base(topic).network("pain", audience_default(topic))
    found = forest(synthesise(network), 6.0)
    wide = [r for r in found.rows if r["study"] == "study-3-0"]
    assert wide[0]["low"] < -60.0
    assert "goes on beyond the picture" in words(found.svg)
    assert "goes on beyond the picture" not in words(forest_svg(effects_of("pain", "own"), 6.0))


# ---- The network ----


@pytest.mark.parametrize(("outcome", "audience", "week"), [*CASES, ("pain", "own", None)])
def test_the_network_counts_each_trial_on_each_of_its_lines(outcome, audience, week):
    network = effects_of(outcome, audience).network
    window = (0.0, 1e9)
    if week is not None:
        window = next(h["window"] for h in TOPIC.settings["horizons"] if float(h["week"]) == week)
    expected = {}
    for study in network.studies:
        for one, other in combinations(study.arms, 2):
            shared = [w for w in set(one.weeks) & set(other.weeks) if window[0] <= w < window[1]]
            if shared:
                key = frozenset((one.components, other.components))
                expected[key] = expected.get(key, 0) + 1
    graph = graph_of(network, week)
    found = {
        frozenset((graph.nodes[k.one].treatment, graph.nodes[k.other].treatment)): len(k.trials)
        for k in graph.links
    }
    assert found == expected
    picture = network_graph(network, week)
    counts = [text for text, _ in boxes(picture.svg) if text.isdigit()]
    assert sorted(counts) == sorted(str(n) for n in expected.values())
    for node in graph.nodes:
        assert node.name in picture.alt
    assert [r["trials"] for r in picture.rows if r["line"] == "link"] == [
        len(k.trials) for k in graph.links
    ]


def test_people_are_those_randomised_to_the_arms():
    network = effects_of("pain", "own").network
    graph = graph_of(network, 52.0)
    people = {node.treatment: node for node in graph.nodes}
    arms = {(a["study_id"], a["components"]): a for a in TOPIC["arms"]}
    thomas = arms["thomas-2006", "usual-care"]["n_randomised"]
    assert people[()].people == float(thomas)
    assert people[()].kind == "reference"
    assert people[("sham-penetrating",)].unknown == 1
    assert people[("sham-penetrating",)].kind == "pretend"
    assert people[("acupuncture",)].kind == "needling"


def test_what_is_not_linked_with_usual_care_is_said():
    network = effects_of("disability", "own").network
    graph = graph_of(network, 52.0)
    assert {graph.nodes[k].treatment for k in graph.apart()} == {n.treatment for n in graph.nodes}
    assert "Not linked with usual care: acupuncture" in network_graph(network, 52.0).alt
    assert "Not linked" not in network_graph(effects_of("pain", "own").network, 52.0).alt


@given(
    st.integers(3, 9).flatmap(
        lambda n: st.tuples(
            st.just(n),
            st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(
                lambda e: e[0] < e[1])),
        )
    )
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_the_order_round_the_oval_never_crosses_more_than_the_given_one(drawn):
    count, links = drawn
    order = fewest_crossings(count, sorted(links))
    assert sorted(order) == list(range(count))
    assert _crossings(order, sorted(links)) <= _crossings(range(count), sorted(links))


# ---- Layout ----


@pytest.mark.parametrize(("outcome", "audience", "week"), CASES)
def test_no_text_lies_over_another_or_leaves_the_picture(outcome, audience, week):
    effects = effects_of(outcome, audience)
    for svg in (forest(effects, week).svg, network_graph(effects.network, week).svg):
        assert overlaps(svg) == []
        assert outside(svg) == []


@pytest.mark.parametrize("outcome", ["pain", "disability"])
def test_the_network_of_all_times_is_tidy_too(outcome):
    svg = network_svg(effects_of(outcome, "everyone").network)
    assert overlaps(svg) == []
    assert outside(svg) == []


@pytest.mark.parametrize("name", [made_up.LONG, "W" * 90 + " {}", HOSTILE + " {}"])
def test_twenty_options_with_long_names_fit(name):
    topic = made_up.topic_of(TOPIC, 20, name, name)
    network = evidence_base(topic).network("pain", audience_default(topic))
    assert len(network.studies) == 40
    for svg in (forest_svg(synthesise(network), 6.0), network_svg(network)):
        assert overlaps(svg) == []
        assert outside(svg) == []


def test_the_search_for_overlaps_sees_them():
    svg = forest_svg(effects_of("pain", "own"), 6.0)
    assert overlaps(svg.replace(">Weight</text>", ">Weight of very very many words</text>"))
    assert outside(svg.replace(">Weight</text>", f">{'Weight' * 40}</text>"))


@given(st.text(max_size=120), st.floats(30.0, 400.0))
@settings(max_examples=150, deadline=None)
def test_wrapped_lines_are_narrow_and_lose_nothing(text, widest):
    lines = wrap(text, widest)
    assert all(width(line) <= widest or len(line) == 1 for line in lines)
    from needlewise.report.characters import clean

    assert "".join("".join(lines).split()) == "".join(clean(text).split())


# ---- One file, safe and the same each time ----


def test_a_picture_is_one_image_with_its_words_and_asks_for_nothing():
    effects = effects_of("pain", "own")
    for figure in (forest(effects, 6.0), network_graph(effects.network, 6.0)):
        root = ET.fromstring(figure.svg)
        assert root.get("role") == "img"
        assert root.find(f"{SVG}title").text == figure.title
        assert root.find(f"{SVG}desc").text == figure.alt
        for node in root.iter():
            assert node.tag.removeprefix(SVG) in {"svg", "title", "desc", "g", "path", "rect",
                                                  "line", "text"}  # fmt: skip
            for key, value in node.attrib.items():
                assert key != "style"
                assert "href" not in key
                assert "url(" not in value
                assert not key.startswith("on")
        assert figure.png(1.0).startswith(b"\x89PNG\r\n")


def test_hostile_labels_are_text_and_nothing_else():
    topic = made_up.with_label(TOPIC, "molsberger-2002", HOSTILE)
    effects = evidence_base(topic).effects("pain", audience_default(topic))
    figure = forest(effects, 6.0)
    root = ET.fromstring(figure.svg)
    assert [n for n in root.iter() if "script" in n.tag] == []
    assert '<script>alert("1")</script>' in words(figure.svg)
    assert "\u202e" not in figure.svg
    assert "\x07" not in figure.svg


SCRIPT = """
import hashlib
from needlewise.evidence import audience_all
from needlewise.report.figures import forest, network_graph
from needlewise.synthesis.base import evidence_base
from needlewise.topic import load_topic
topic = load_topic()
effects = evidence_base(topic).effects("pain", audience_all(topic))
found = [forest(effects, 6.0), network_graph(effects.network)]
for f in found:
    print(hashlib.sha256(f.svg.encode()).hexdigest(), hashlib.sha256(f.png()).hexdigest(),
          hashlib.sha256((f.alt + str(f.rows)).encode()).hexdigest())
"""


def test_what_the_renderer_is_given_keeps_to_its_schema(monkeypatch):
    given_specs = []
    render = vl_convert.vegalite_to_svg
    monkeypatch.setattr(
        vl_convert, "vegalite_to_svg", lambda spec: given_specs.append(spec) or render(spec)
    )
    topic = made_up.topic_of(TOPIC, 5)
    network = evidence_base(topic).network("pain", audience_default(topic))
    figures.forest(synthesise(network), 6.0)
    figures.network_graph(network)
    assert len(given_specs) == 2
    for spec in given_specs:
        altair.Chart.from_dict(spec, validate=True)
        spec["layer"][0]["mark"]["align"] = "sideways"
        with pytest.raises(jsonschema.ValidationError):
            altair.Chart.from_dict(spec, validate=True)


def test_two_processes_draw_the_same_bytes():
    runs = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert runs[0] == runs[1]
    effects = effects_of("pain", "everyone")
    here = forest(effects, 6.0)
    assert hashlib.sha256(here.svg.encode()).hexdigest() == runs[0].split()[0]


def test_the_renderer_is_loaded_only_when_a_picture_is_drawn():
    code = (
        "import sys; import needlewise.report.figures, needlewise.report.public; "
        "print([m for m in ('altair', 'vl_convert', 'pandas', 'scipy') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )  # fmt: skip
    assert found.stdout.strip() == "[]"


# ---- What cannot be drawn ----


def test_a_network_without_trials_says_so():
    network = effects_of("pain", "own").network.keep(())
    figure = network_graph(network, 6.0)
    assert "nothing to draw" in figure.alt
    assert "nothing to draw" in words(figure.svg)
    assert figure.rows == figure.tables == ()
    assert overlaps(figure.svg) == []


def test_a_week_that_is_no_horizon_is_refused():
    effects = effects_of("pain", "own")
    with pytest.raises(InputError, match="no horizon at week 7; choose from 6, 13, 26, 52"):
        forest(effects, 7.0)
    with pytest.raises(InputError, match="no horizon at week 7"):
        network_svg(effects.network, 7.0)


def test_png_grows_with_its_scale():
    effects = effects_of("pain", "own")
    small, large = (forest_png(effects, 6.0, scale) for scale in (1.0, 2.0))
    sizes = [[int.from_bytes(p[k : k + 4]) for k in (16, 20)] for p in (small, large)]
    assert sizes[1] == [2 * n for n in sizes[0]]
