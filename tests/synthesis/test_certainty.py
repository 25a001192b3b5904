"""Certainty: each domain at its edges, what caps the level, and judgements set by hand."""

import re
from dataclasses import replace

import pytest

from needlewise.errors import InputError
from needlewise.evidence import audience_all, audience_default
from needlewise.evidence.inclusion import audience
from needlewise.synthesis.base import EvidenceBase
from needlewise.synthesis.certainty import LEVELS, certainty_of, judge, known_trials
from needlewise.synthesis.domains import CONCERNS, DOMAINS, Facts, Trial
from needlewise.synthesis.effects import Summary
from needlewise.synthesis.incoherence import Incoherence
from needlewise.synthesis.overrides import Override, overrides
from needlewise.topic import Row

from .networks import SHIPPED, fit, pair

RULES = SHIPPED.settings["certainty"]
NONE, SOME, MAJOR = CONCERNS
SCORES = {"low": 0.0, "some": 1.0, "": 1.0, "high": 2.0}
NARROW = Summary(-15.0, 1.0, -17.0, -13.0)
ONE_WAY = Incoherence("direct", ("a",))
HORIZONS = SHIPPED.settings["horizons"]


def trials(*given, strange=()):
    """Trials a, b, ... with (share, rating); those in `strange` are about other people."""
    return tuple(
        Trial(name, share, SCORES[rating], 2.0 * (name in strange), bool(rating))
        for name, (share, rating) in zip("abcdef", given, strict=False)
    )


def facts(*given, kind="direct", low=-17.0, high=-13.0, **rest):
    average = Summary((low + high) / 2, 1.0, low, high)
    own = trials(*(given or ((60, "low"), (40, "low"))))
    made = Facts(
        own, 5, 10, kind, ONE_WAY, average, average, 10.0, printed=True, other_people=False
    )  # fmt: skip
    return replace(made, **rest)


def domain(certainty, name):
    (found,) = [d for d in certainty.domains if d.name == name]
    return found


def judged(*given, name, **rest):
    return domain(judge(facts(*given, **rest), RULES), name)


def test_nothing_against_it_is_high() -> None:
    found = judge(facts(), RULES)
    assert found.level == "high"
    assert {d.judgement for d in found.domains} == {NONE}
    assert tuple(d.name for d in found.domains) == DOMAINS


# ---- Within-study bias ----


@pytest.mark.parametrize(
    ("given", "judgement", "level"),
    [
        ([(60, "low"), (40, "low")], NONE, "high"),
        ([(51, "low"), (49, "some")], NONE, "high"),  # averaged with their shares
        ([(50, "low"), (50, "some")], SOME, "moderate"),
        ([(60, "low"), (40, "")], NONE, "high"),
        ([(40, "low"), (60, "")], SOME, "moderate"),
        ([(76, "low"), (24, "high")], NONE, "high"),
        ([(75, "low"), (25, "high")], SOME, "moderate"),
        ([(26, "low"), (74, "high")], SOME, "moderate"),
        ([(25, "low"), (75, "high")], MAJOR, "low"),
        ([(49, ""), (51, "high")], MAJOR, "low"),
        ([(60, ""), (40, "")], SOME, "low"),  # one step down, but never above low
    ],
)
def test_bias(given, judgement, level) -> None:
    found = judge(facts(*given), RULES)
    assert domain(found, "within-study bias").judgement == judgement
    assert found.level == level


def test_unrated_trials_are_said_to_be_unrated() -> None:
    nobody = judge(facts((60, ""), (40, "")), RULES)
    assert nobody.reason == "Nobody rated the quality of these trials here."
    some = judged((30, "low"), (40, ""), (30, ""), name="within-study bias")
    assert some.reason.endswith("Nobody rated 2 of the 3 trials behind this figure.")
    assert "Nobody" not in judged(name="within-study bias").reason


# ---- Reporting bias ----


@pytest.mark.parametrize(
    ("usable", "known", "judgement", "reason"),
    [
        (5, 10, NONE, "5 of 10 known trials gave a usable figure."),
        (4, 9, SOME, "4 of 9 known trials gave a usable figure."),
        (6, 31, SOME, "6 of 31 known trials gave a usable figure."),
        (1, 1, NONE, "1 of 1 known trial gave a usable figure."),
    ],
)
def test_reporting_bias(usable, known, judgement, reason) -> None:
    found = judged(name="reporting bias", usable=usable, known=known)
    assert (found.judgement, found.reason) == (judgement, reason)


def test_known_trials_compare_the_option_in_these_people() -> None:
    default, everyone = audience_default(SHIPPED), audience_all(SHIPPED)
    known = known_trials(SHIPPED, default, ("acupuncture",))
    assert known < known_trials(SHIPPED, everyone, ("acupuncture",))
    assert {"haake-2007", "witt-2006", "liu-2023"} <= known
    assert "glazov-2014" not in known  # laser only
    assert "mahmoudzadeh-2016" not in known_trials(SHIPPED, default, ("dry-needling",))
    assert not known_trials(SHIPPED, everyone, SHIPPED.option("both").components)


# ---- Indirectness ----


@pytest.mark.parametrize(
    ("kind", "strange", "judgement", "word"),
    [
        ("direct", "", NONE, "head to head"),
        ("add-on", "", NONE, "both groups had"),
        ("indirect", "", SOME, "No trial compared the two"),
        ("direct", "c", NONE, "head to head"),  # 20 of 100 from other people
        ("direct", "b", SOME, "Part of this comes from trials in other people"),  # 30
        ("indirect", "b", SOME, "No trial compared the two"),
        ("direct", "bc", SOME, "Part of this"),
        ("direct", "ab", MAJOR, "Most of this comes from trials in other people"),
        ("indirect", "abc", MAJOR, "It was studied only in other people."),
    ],
)
def test_indirectness(kind, strange, judgement, word) -> None:
    given = trials((50, "low"), (30, "low"), (20, "low"), strange=strange)
    found = judged(name="indirectness", kind=kind, trials=given)
    assert found.judgement == judgement
    assert word in found.reason


# ---- Imprecision and heterogeneity ----


@pytest.mark.parametrize(
    ("low", "high", "judgement", "level"),
    [
        (-20, -10, NONE, "high"),  # touching a limit is not crossing it
        (-20, -9.9, SOME, "moderate"),
        (-10, 10, NONE, "high"),
        (-9.9, 10.1, SOME, "moderate"),
        (-10.1, 10, SOME, "moderate"),
        (-10.1, 10.1, MAJOR, "low"),
    ],
)
def test_imprecision(low, high, judgement, level) -> None:
    found = judge(facts(low=low, high=high), RULES)
    assert domain(found, "imprecision").judgement == judgement
    assert found.level == level


@pytest.mark.parametrize(
    ("average", "new", "judgement"),
    [
        ((-17, -13), (-17.5, -12), NONE),
        ((-17, -13), (-20, -9), SOME),
        ((-17, -13), (-30, 11), MAJOR),
        ((-17, -9), (-30, 5), NONE),  # that limit the average crosses by itself
        ((-17, -9), (-30, 11), SOME),
        ((-11, 11), (-30, 30), NONE),
    ],
)
def test_heterogeneity(average, new, judgement) -> None:
    one, two = (Summary(sum(x) / 2, 1.0, *x) for x in (average, new))
    found = judged(name="heterogeneity", average=one, new_setting=two)
    assert found.judgement == judgement


# ---- Incoherence ----


def both(direct, indirect, p):
    one, two = (Summary(sum(x) / 2, 1.0, *x) for x in (direct, indirect))
    return Incoherence("both", ("a",), one, two, p)


@pytest.mark.parametrize(
    ("found", "judgement", "word"),
    [
        (ONE_WAY, NONE, "Only direct comparisons"),
        (both((-30, -20), (-5, 5), 0.11), NONE, "agree"),
        (both((-30, -20), (-5, 5), 0.10), MAJOR, "clash"),  # share only that neither is above
        (both((-30, -20), (11, 20), 0.05), MAJOR, "clash"),
        (both((-30, -5), (-5, 5), 0.05), SOME, "differ somewhat"),
        (both((-30, -20), (-15, -11), 0.05), NONE, "agree"),  # both wholly below the zone
        (both((-30, 30), (-11, 50), 0.05), NONE, "agree"),
        (both((-30, 5), (-5, 30), 0.05), MAJOR, "clash"),
        (both((-30, -10), (-20, -11), 0.05), NONE, "agree"),  # touching is not reaching
        (Incoherence("indirect", (), p=0.11), NONE, "they agree"),
        (Incoherence("indirect", (), p=0.10), SOME, "they differ somewhat"),
        (Incoherence("indirect", (), p=0.01), SOME, "they differ somewhat"),
        (Incoherence("indirect", (), p=0.009), MAJOR, "they clash"),
        (Incoherence("indirect", ()), MAJOR, "no second way checks it"),
    ],
)
def test_incoherence(found, judgement, word) -> None:
    ours = judged(name="incoherence", incoherence=found)
    assert ours.judgement == judgement
    assert word in ours.reason


# ---- The level ----


def test_losses_add_up_and_stop_at_very_low() -> None:
    clash = both((-30, -20), (11, 20), 0.05)
    levels = [
        judge(facts(usable=1), RULES).level,
        judge(facts(usable=1, kind="indirect"), RULES).level,
        judge(facts(usable=1, kind="indirect", low=-15, high=9), RULES).level,
        judge(facts(usable=1, kind="indirect", low=-15, high=9, incoherence=clash), RULES).level,
        judge(facts(incoherence=clash), RULES).level,
    ]
    assert levels == ["moderate", "low", "very low", "very low", "low"]


def test_the_reason_is_that_of_the_gravest_domain() -> None:
    found = judge(facts((60, "some"), (40, "some"), low=-15, high=15, usable=1), RULES)
    assert found.reason == domain(found, "imprecision").reason
    clash = judge(facts(incoherence=both((-30, -20), (-5, 5), 0.01)), RULES)
    assert clash.reason == domain(clash, "incoherence").reason


def test_other_people_and_worked_out_spreads_are_very_low() -> None:
    strange = facts(trials=trials((100, "low"), strange="a"), other_people=True)
    others, derived = judge(strange, RULES), judge(facts(printed=False), RULES)
    assert others.level == derived.level == LEVELS[0] == "very low"
    assert others.reason == "It was studied only in other people."
    assert domain(others, "indirectness").judgement == MAJOR
    assert "not on printed ones" in derived.reason


# ---- From the evidence base ----

OWN = {"cherkin-2001", "haake-2007", "brinkhaus-2006", "thomas-2006", "molsberger-2002"}


def topic_with(ratings=(), entries=()):
    """The shipped topic with trials rated and judgements set by hand."""
    given = dict(ratings)
    table = SHIPPED["studies"]
    rows = tuple(
        Row({**r, "risk_of_bias": given.get(r["study_id"], "")}, r.file, r.line) for r in table
    )
    rules = {**RULES, "override": list(entries)}
    return replace(
        SHIPPED,
        tables={**SHIPPED.tables, "studies": replace(table, rows=rows)},
        settings={**SHIPPED.settings, "certainty": rules},
        _memo={},
    )


def certainties(base, own, outcome="pain"):
    """Certainty of every supported option and horizon of the trials about these people."""
    effects = base.effects(outcome, own)
    return {
        (option, week): certainty(base, effects, option, week, own)
        for (option, week), support in effects.support.items()
        if support.supported
    }


def certainty(base, effects, option, week, own):
    topic = effects.network.topic
    (horizon,) = [h for h in HORIZONS if h["week"] == week]
    row = effects.contrast(week, topic.option(option).components)
    average, new = effects.summary(row), effects.summary(row, new_setting=True)
    return certainty_of(
        base, effects, topic.option(option), horizon, average, new, 10.0, own=own
    )  # fmt: skip


@pytest.fixture(scope="module")
def base():
    return EvidenceBase(SHIPPED)


@pytest.mark.parametrize("outcome", ["pain", "disability"])
@pytest.mark.parametrize("own", [audience_default(SHIPPED), audience_all(SHIPPED)])
def test_nothing_shipped_is_above_low_while_nobody_rated(base, outcome, own) -> None:
    found = certainties(base, own, outcome)
    assert len(found) > 3
    for one in found.values():
        assert one.level in LEVELS[:2]
        assert one.domains[0].reason == "Nobody rated the quality of these trials here."
        assert all(re.fullmatch(r"[A-Z\d].*\.", d.reason) for d in one.domains)


def test_all_domains_are_judged_and_their_counts_shown(base) -> None:
    own = audience_default(SHIPPED)
    found = certainties(base, own)["acupuncture", 13.0]
    assert {d.judgement for d in found.domains} <= set(CONCERNS)
    known = len(known_trials(SHIPPED, own, ("acupuncture",)))
    reason = domain(found, "reporting bias").reason
    assert re.fullmatch(rf"\d+ of {known} known trials gave a usable figure\.", reason)
    assert int(reason.split()[0]) < known / 2


def test_other_peoples_trials_are_seen_as_such(base) -> None:
    own = audience(SHIPPED, "acute")
    effects = base.everyone("pain")
    found = certainty(base, effects, "acupuncture", 13.0, own)
    assert domain(found, "indirectness").judgement == MAJOR
    assert found.level == "very low"
    chronic = certainty(base, effects, "electroacupuncture", 13.0, audience_default(SHIPPED))
    assert domain(chronic, "indirectness").reason == (
        "Most of this comes from trials in other people."  # yeung-2003 is not
    )


def test_it_is_worked_out_once(base) -> None:
    own = audience_default(SHIPPED)
    one, two = (certainties(base, own)["acupuncture", 13.0] for _ in range(2))
    assert one is two


def test_rating_the_trials_lifts_the_cap_and_taking_it_away_puts_it_back() -> None:
    own = audience_default(SHIPPED)
    every = [r["study_id"] for r in SHIPPED["studies"]]
    rated = certainties(EvidenceBase(topic_with((s, "low") for s in every)), own, "disability")
    bare = certainties(EvidenceBase(topic_with()), own, "disability")
    poor = certainties(EvidenceBase(topic_with((s, "high") for s in every)), own, "disability")
    key = "acupuncture", 13.0
    # Reporting bias alone is left: 10 SDs as the important difference leave no room for others.
    assert [x[key].domains[0].judgement for x in (rated, bare, poor)] == [NONE, SOME, MAJOR]
    assert [x[key].level for x in (rated, bare, poor)] == ["moderate", "low", "very low"]
    half = topic_with((s, "low") for s in every if s != "witt-2006")
    witt = certainties(EvidenceBase(half), own, "disability")[key]
    assert witt.domains[0].judgement == SOME  # 71 of 100 from that one trial
    assert witt.domains[0].reason.endswith("Nobody rated 1 of the 3 trials behind this figure.")


def planted(direct, detour, topic):
    """Trials of the pack by name with figures made up: head to head, and through massage."""
    names = ("thomas-2006", "molsberger-2002", "cherkin-2001", "haake-2007", "brinkhaus-2006",
             "leibing-2002")  # fmt: skip
    pairs = [("acupuncture", "", direct), ("acupuncture", "massage", detour), ("massage", "", 0.0)]
    effects = fit(
        *(
            pair(name, one, other, value, 2.0)
            for name, (one, other, value) in zip(
                names, [p for p in pairs for _ in range(2)], strict=True
            )
        ),
        support=True,
    )
    return replace(effects, network=replace(effects.network, topic=topic))


@pytest.mark.parametrize(
    ("direct", "judgement"),
    [(-14.0, NONE), (30.0, MAJOR), (-40.0, SOME)],  # the last: both say that it helps
)
def test_a_planted_contradiction_is_a_concern(direct, judgement) -> None:
    topic = topic_with((s, "low") for s in OWN)
    base = EvidenceBase(topic)
    effects = planted(direct, -14.0, topic)
    base.adopt(effects)
    found = certainty(base, effects, "acupuncture", 6.0, effects.network.audience)
    assert domain(found, "incoherence").judgement == judgement
    if judgement == MAJOR:
        assert found.level in LEVELS[:2]
        assert "clash" in domain(found, "incoherence").reason


# ---- Set by hand ----

REASON = {"reason": "The groups were alike at the start.", "by": "A. Reviewer, 2026"}


def test_none_is_shipped() -> None:
    assert overrides(SHIPPED) == ()


def test_a_judgement_of_an_option_set_by_hand_is_shown_with_its_name() -> None:
    entry = {"option": "acupuncture", "horizon": "3-months", "outcome": "pain",
             "domain": "reporting bias", "judgement": NONE, **REASON}  # fmt: skip
    changed = EvidenceBase(topic_with(entries=[entry]))
    own = audience_default(SHIPPED)
    found, plain = certainties(changed, own), certainties(EvidenceBase(SHIPPED), own)
    ours = domain(found["acupuncture", 13.0], "reporting bias")
    assert (ours.judgement, ours.by) == (NONE, "A. Reviewer, 2026")
    assert ours.reason == "Set by A. Reviewer, 2026: The groups were alike at the start."
    del found["acupuncture", 13.0]
    assert found.items() <= plain.items()
    other = certainties(changed, own, "disability")["acupuncture", 13.0]
    assert domain(other, "reporting bias").by == ""


def test_without_an_outcome_it_holds_for_every_outcome() -> None:
    entry = {"option": "acupuncture", "horizon": "3-months", "domain": "incoherence",
             "judgement": MAJOR, **REASON}  # fmt: skip
    changed, own = EvidenceBase(topic_with(entries=[entry])), audience_default(SHIPPED)
    for outcome in ("pain", "disability"):
        found = certainties(changed, own, outcome)["acupuncture", 13.0]
        assert found.reason == "Set by A. Reviewer, 2026: The groups were alike at the start."


def test_a_study_rated_by_hand_counts_with_its_share() -> None:
    entry = {"study": "witt-2006", "domain": "within-study bias", "judgement": MAJOR, **REASON}
    own, key = audience_default(SHIPPED), ("acupuncture", 13.0)
    found = certainties(EvidenceBase(topic_with(entries=[entry])), own, "disability")[key]
    ours = domain(found, "within-study bias")
    assert ours.judgement == MAJOR  # 71 of 100 major, 29 unrated: 1.7
    assert ours.reason.endswith("Nobody rated 2 of the 3 trials behind this figure.")


def test_a_domain_set_by_hand_does_not_lift_the_cap() -> None:
    """Only rating the trials does."""
    clean = [Override(name, NONE, "x", "y", option="o", horizon="h") for name in DOMAINS]
    assert judge(facts((60, ""), (40, "")), RULES, clean).level == "low"
    assert judge(facts((60, "low"), (40, "")), RULES, clean).level == "high"


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"domain": "incoherence", "judgement": NONE, **REASON}, "does not say its option"),
        ({"study": "witt-2006", "judgement": NONE, **REASON}, "does not say its domain"),
        ({"study": "witt-2006", "domain": "within-study bias", "judgement": NONE, "by": "x"},
         "does not say its reason"),
        ({"study": "witt-2006", "domain": "within-study bias", "judgement": NONE, "reason": "x",
          "by": " "}, "does not say its by"),
        ({"study": "witt-2006", "domain": "imprecision", "judgement": NONE, **REASON},
         "a study has only within-study bias and indirectness"),
        ({"study": "witt", "domain": "indirectness", "judgement": NONE, **REASON},
         "there is no study 'witt'; name a trial of studies.csv"),
        ({"study": "witt-2006", "domain": "indirectness", "judgement": "fine", **REASON},
         "there is no judgement 'fine'; use 'no concerns' or"),
        ({"study": "witt-2006", "domain": ["indirectness"], "judgement": NONE, **REASON},
         "there is no domain"),
        ({"study": "witt-2006", "week": 13, "domain": "indirectness", "judgement": NONE, **REASON},
         "has 'week', which does not belong there"),
        ({"study": "witt-2006", "outcome": "pain", "domain": "indirectness", "judgement": NONE,
          **REASON}, "has 'outcome'"),
        ({"option": "no-needling", "horizon": "3-months", "domain": "incoherence",
          "judgement": NONE, **REASON}, "there is no option"),
        ({"option": "acupuncture", "horizon": "13", "domain": "incoherence", "judgement": NONE,
          **REASON}, "there is no horizon '13'; use 'end-of-course' or"),
        ({"option": "acupuncture", "horizon": "3-months", "outcome": "sleep",
          "domain": "incoherence", "judgement": NONE, **REASON}, "there is no outcome 'sleep'"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_refused(entry, says) -> None:
    with pytest.raises(InputError, match=re.escape(says)) as error:
        overrides(topic_with(entries=[entry]))
    assert str(error.value).startswith("topic.toml, [[certainty.override]] number 1")


def test_a_table_in_place_of_a_list_is_refused() -> None:
    single = replace(
        SHIPPED, settings={**SHIPPED.settings, "certainty": {**RULES, "override": {"by": "x"}}}
    )
    with pytest.raises(InputError, match=r"write \[\[certainty.override\]\]"):
        overrides(single)
