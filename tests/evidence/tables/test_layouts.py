"""Tables as users of other programs have them lying about, and tables that cannot be used."""

import csv
import io

import numpy as np
import pandas
import pytest

from needlewise.errors import InputError
from needlewise.evidence.tables import read_network

LONG = {
    "study": ["1", "1", "2", "2", "2", "3", "3"],
    "treatment": ["A", "B", "A", "B", "C", "B", "C"],
    "events": [9, 23, 12, 10, 17, 5, 8],
    "n": [140, 140, 85, 80, 90, 60, 66],
}


def renamed(**names):
    return {names.get(name, name): values for name, values in LONG.items()}


def wide(style):
    """One row a trial, with the names of columns that netmeta, BUGS and MetaInsight use."""
    names = {
        "netmeta": ("treat{}", "event{}", "n{}", "studlab"),
        "bugs": ("t[,{}]", "r[,{}]", "n[,{}]", "s"),
        "metainsight": ("T.{}", "R.{}", "N.{}", "Study"),
    }[style]  # fmt: skip
    table = {names[3]: []}
    for k in (1, 2, 3):
        table |= {name.format(k): [] for name in names[:3]}
    for study in dict.fromkeys(LONG["study"]):
        rows = [k for k, s in enumerate(LONG["study"]) if s == study]
        table[names[3]].append(study)
        for k in (1, 2, 3):
            own = rows[k - 1] if k <= len(rows) else None
            for name, column in zip(names, ("treatment", "events", "n"), strict=False):
                table[name.format(k)].append("NA" if own is None else LONG[column][own])
    return table


def same(one, other):
    assert one.options == other.options
    assert [t.name for t in one.trials] == [t.name for t in other.trials]
    for a, b in zip(one.trials, other.trials, strict=True):
        assert a.options == b.options
        np.testing.assert_allclose(a.y, b.y)
        np.testing.assert_allclose(a.covariance, b.covariance)


LAYOUTS = {
    "gemtc": renamed(events="responders", n="sampleSize"),
    "multinma": renamed(study=".study", treatment=".trt", events=".r", n=".n"),
    "MetaInsight long": renamed(study="Study", treatment="T", events="R", n="N"),
    "netmeta wide": wide("netmeta"), "BUGS wide": wide("bugs"),
    "MetaInsight wide": wide("metainsight"), "DataFrame": pandas.DataFrame(LONG),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_are_recognised(name):
    found = read_network(LAYOUTS[name], "OR", reference="A")
    same(found, read_network(LONG, "OR", reference="A"))
    assert found.layout.startswith("one row")


@pytest.mark.parametrize("kind", ["csv", "semicolon", "parquet"])
def test_files(tmp_path, kind):
    path = tmp_path / f"trials.{kind}"
    if kind == "parquet":
        pandas.DataFrame(LONG).to_parquet(path)
    else:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=";" if kind == "semicolon" else ",")
        writer.writerow(LONG)
        writer.writerows(zip(*LONG.values(), strict=True))
        path.write_text("\ufeff" + text.getvalue(), "utf-8")
    same(read_network(path, "OR", reference="A"), read_network(LONG, "OR", reference="A"))


def contrasts(trials, *, all_pairs):
    table = {name: [] for name in ("study", "treat1", "treat2", "TE", "seTE")}
    for trial in trials.trials:
        y = np.concatenate([[0.0], trial.y])
        v = np.zeros((len(y), len(y)))
        v[1:, 1:] = trial.covariance
        for i in range(len(y)):
            for j in range(i + 1, len(y) if all_pairs or i == 0 else 0):
                row = (trial.name, trial.options[j], trial.options[i], y[j] - y[i],
                       np.sqrt(v[i, i] + v[j, j] - 2 * v[i, j]))  # fmt: skip
                for name, value in zip(table, row, strict=True):
                    table[name].append(value)
    return table


def test_all_contrasts_give_the_trial_back():
    known = read_network(LONG, "OR", reference="A")
    found = read_network(contrasts(known, all_pairs=True), "OR", reference="A")
    assert found.layout.startswith("one row a contrast")
    same(found, known)


def test_contrasts_with_a_common_arm_are_completed_and_said():
    known = read_network(LONG, "OR", reference="A")
    found = read_network(contrasts(known, all_pairs=False), "OR", reference="A")
    np.testing.assert_allclose(found.trials[1].y, known.trials[1].y)
    assert any("derived" in note for note in found.notes)


def test_effects_against_a_base_arm_with_its_own_error():
    known = read_network(LONG, "OR", reference="A")
    table = {name: [] for name in ("study", "treatment", "diff", "std.err")}
    for trial in known.trials:
        shared = trial.covariance[0, 1] if len(trial.y) > 1 else None
        rows = [(trial.options[0], None, None if shared is None else np.sqrt(shared))]
        rows += [
            (o, y, np.sqrt(v))
            for o, y, v in zip(trial.options[1:], trial.y, np.diag(trial.covariance), strict=True)
        ]
        for option, y, se in rows:
            for name, value in zip(table, (trial.name, option, y, se), strict=True):
                table[name].append(value)
    same(read_network(table, "OR", reference="A"), known)


def test_rows_in_any_order_and_arms_of_one_option_put_together():
    twice = {name: [*values, values[-1]] for name, values in LONG.items()}
    twice["events"][-2:], twice["n"][-2:] = [3, 5], [30, 36]
    found = read_network(twice, "OR", reference="A")
    same(found, read_network(LONG, "OR", reference="A"))
    assert any("put together" in note for note in found.notes)


def test_standardised_differences_share_their_first_arm():
    table = {"study": ["1"] * 3, "treatment": list("ABC"), "mean": [0.0, 2.0, 4.0],
             "sd": [4.0, 4.0, 4.0], "n": [20, 30, 40]}  # fmt: skip
    trial = read_network(table, "SMD", reference="A").trials[0]
    small = 1 - 3 / (4 * 87 - 1)
    np.testing.assert_allclose(trial.y, [0.5 * small, 1.0 * small], rtol=1e-5)
    assert trial.covariance[0, 1] == pytest.approx(1 / 20 + trial.y[0] * trial.y[1] / 180)


@pytest.mark.parametrize("measure", ["OR", "RR", "RD", "HR"])
def test_measures_of_counts(measure):
    trial = read_network(LONG, measure, reference="A").trials[0]
    a, b = 9 / 140, 23 / 140
    expected = {
        "OR": np.log(b / (1 - b)) - np.log(a / (1 - a)), "RR": np.log(b / a), "RD": b - a,
        "HR": np.log(-np.log(1 - b)) - np.log(-np.log(1 - a)),
    }[measure]  # fmt: skip
    assert trial.y[0] == pytest.approx(expected)


def changed(**columns):
    return {**LONG, **columns}


def test_a_row_a_pair_is_one_trial():
    """netmeta's pairwise gives a trial of three arms three rows, with and without TE."""
    known = read_network(LONG, "OR", reference="A")
    table = {n: [] for n in ("studlab", "treat1", "event1", "n1", "treat2", "event2", "n2")}
    rows = {}
    for study, treatment, events, n in zip(*LONG.values(), strict=True):
        rows.setdefault(study, []).append((treatment, events, n))
    for study, arms in rows.items():
        for k, one in enumerate(arms):
            for two in arms[k + 1 :]:
                for name, value in zip(table, (study, *one, *two), strict=True):
                    table[name].append(value)
    same(read_network(table, "OR", reference="A"), known)
    full = contrasts(known, all_pairs=True)
    whole = {**full, "n1": [50] * len(full["TE"]), "n2": [50] * len(full["TE"])}
    assert read_network(whole, reference="A").layout.startswith("one row a contrast")
    table["n1"][1] += 1
    with pytest.raises(InputError, match="other numbers"):
        read_network(table)


def test_names_of_metafor():
    table = {"study": ["a", "b"], "ai": [3, 5], "n1i": [20, 30], "ci": [6, 9], "n2i": [21, 29]}
    trial = read_network(table, "RR").trials[0]
    assert trial.options == ("control", "treatment")
    assert trial.y[0] == pytest.approx(np.log(3 / 20) - np.log(6 / 21))
    table = {"study": ["a"], "m1i": [3.0], "sd1i": [1.0], "n1i": [20], "m2i": [2.0], "sd2i": [1.0],
             "n2i": [20]}  # fmt: skip
    assert read_network(table).trials[0].y[0] == pytest.approx(1.0)
    table = {"study": ["a"], "x1i": [3], "t1i": [200.0], "x2i": [6], "t2i": [210.0]}
    assert read_network(table).measure == "IRR"


def test_contrasts_of_multinma():
    table = {".study": ["1", "1", "2", "2", "2"], ".trt": list("ABABC"),
             ".y": [None, 0.5, None, 0.4, 0.9], ".se": [None, 0.2, 0.1, 0.3, 0.25]}  # fmt: skip
    found = read_network(table, reference="A")
    assert found.trials[0].y[0] == pytest.approx(0.5)
    assert found.trials[1].covariance[0, 1] == pytest.approx(0.01)


def test_classes_of_options():
    table = {**LONG, "class": ["x" if t == "A" else "y" for t in LONG["treatment"]]}
    assert read_network(table, classes="class").classes == {"A": "x", "B": "y", "C": "y"}
    with pytest.raises(InputError, match="another class"):
        read_network({**LONG, "class": list("xyzyyyy")}, classes="class")
    with pytest.raises(InputError, match="name the class"):
        read_network({**LONG, "class": ["", *"yxyyyy"]}, classes="class")
    with pytest.raises(InputError, match="column 'kind'"):
        read_network(table, classes="kind")


BAD = {
    "no rows": ({"study": [], "treatment": []}, "no rows"),
    "no layout": ({"a": [1], "b": [2]}, "laid out in no way"),
    "text for a number": (changed(events=["nine", *LONG["events"][1:]]), "row 1, column events"),
    "more events than people": (changed(events=[900, *LONG["events"][1:]]), "arm A"),
    "negative": (changed(events=[-1, *LONG["events"][1:]]), "cannot be"),
    "no size": (changed(n=[None, *LONG["n"][1:]]), "n is missing"),
    "no option": (changed(treatment=["", *LONG["treatment"][1:]]), "must name the option"),
    "huge": (changed(n=[1e300, *LONG["n"][1:]]), "too large"),
    "only arms": ({"study": ["1", "1"], "treatment": ["A", "B"]}, "no numbers"),
    "no people": ({"study": ["1", "1"], "treatment": ["A", "B"], "mean": [1, 2], "sd": [1, 1],
                   "n": [0, 5]}, "size must be above 0"),
    "no time": ({**LONG, "followup": [0] * 7}, "follow-up must be above 0"),
    "nothing happens": (changed(events=[0] * 7), "no trial can be used"),
    "zero error": ({"study": ["1"], "treat1": ["A"], "treat2": ["B"], "TE": [1], "seTE": [0]},
                   "above 0"),
    "with itself": ({"study": ["1"], "treat1": ["A"], "treat2": ["A"], "TE": [1], "seTE": [1]},
                    "with itself"),
    "twice": ({"study": ["1", "1"], "treat1": ["A", "B"], "treat2": ["B", "A"], "TE": [1, 1],
               "seTE": [1, 1]}, "twice"),
    "not joined": ({"study": ["1", "1"], "treat1": ["A", "C"], "treat2": ["B", "D"], "TE": [1, 1],
                    "seTE": [1, 1]}, "Trial 1"),
    "contradiction": ({"study": ["1"] * 3, "treat1": list("BCC"), "treat2": list("AAB"),
                       "TE": [1, 1, 1], "seTE": [1, 1, 1]}, "do not add up"),
    "impossible errors": ({"study": ["1"] * 3, "treat1": list("BCC"), "treat2": list("AAB"),
                           "TE": [1, 2, 1], "seTE": [0.1, 0.1, 1]}, "cannot belong to one trial"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_used_is_said(name):
    table, told = BAD[name]
    with pytest.raises(InputError, match=told):
        read_network(table)


@pytest.mark.parametrize(("options", "told"), [
    ({"measure": "XX"}, "no measure"), ({"measure": "MD"}, "worked out, not MD"),
    ({"reference": "Z"}, "no option 'Z'"), ({"covariates": ["age"]}, "no column 'age'"),
    ({"increment": 3}, "increment"), ({"increment_for": "all"}, "increment_for"),
])  # fmt: skip
def test_options_that_cannot_be(options, told):
    with pytest.raises(InputError, match=told):
        read_network(LONG, **options)


@pytest.mark.parametrize("content", [
    b"", b"\xff\xfe\x00", b"study,treatment\n", b"a,a\n1,2\n", b"study,n\n1\n", b"\0\0\0",
    b"PAR1nothing",
])  # fmt: skip
def test_files_that_are_no_table(tmp_path, content):
    path = tmp_path / "trials.csv"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_network(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_network(tmp_path / "nowhere.csv")


def test_a_trial_that_compares_nothing_is_left_out():
    table = {name: [*values, values[0], values[0]] for name, values in LONG.items()}
    table["study"][-2:], table["treatment"][-2:] = ["9", "9"], ["A", "A"]
    assert read_network(table).left_out[0][0] == "9"
