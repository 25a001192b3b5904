"""The rules as data: how they are read, that each can fire and that each matters."""

import dataclasses
import itertools
import re

import pytest
from tests.person.people import calm, put

from needlewise.errors import InputError
from needlewise.person import Person, load_rules, triage
from needlewise.person.rules import (
    Combined,
    Entry,
    FieldTest,
    Negated,
    Truth,
    monotone_fault,
    parse,
)
from needlewise.topic import Table, load_topic
from needlewise.topic.pack import Row

TOPIC = load_topic()
BOOK = load_rules(TOPIC)
RULES = [*BOOK.red_flags, *BOOK.options]


class Facts:
    """Answers as a plain dict; `asked` is unknown for what starts with a question mark."""

    def __init__(self, **values):
        self.values = values

    def value(self, field):
        return self.values.get(field)

    def asked(self, field):
        return Truth.FALSE if field == "never_asked" else Truth.TRUE

    def cleared(self, field):
        return self.values[field] == "excluded"


@pytest.mark.parametrize(
    ("text", "facts", "truth"),
    [
        ("a is yes", {"a": "yes"}, Truth.TRUE),
        ("a is yes", {"a": "no"}, Truth.FALSE),
        ("a is yes", {"a": "unknown"}, Truth.UNKNOWN),
        ("a is yes", {}, Truth.UNKNOWN),
        ("never_asked is yes", {}, Truth.FALSE),
        ("a is b|c", {"a": "c"}, Truth.TRUE),
        ("a said yes|unknown", {"a": "unknown"}, Truth.TRUE),
        ("a said yes", {}, Truth.FALSE),
        ("a maybe yes", {}, Truth.TRUE),
        ("a maybe yes", {"a": "no"}, Truth.FALSE),
        ("never_asked maybe yes", {}, Truth.FALSE),
        ("a unknown", {"a": "unknown"}, Truth.TRUE),
        ("a unknown", {"a": "yes"}, Truth.FALSE),
        ("a >= 5", {"a": 5.0}, Truth.TRUE),
        ("a > 5", {"a": 5.0}, Truth.FALSE),
        ("a < 5", {}, Truth.UNKNOWN),
        ("a is yes and b is yes", {"a": "no"}, Truth.FALSE),
        ("a is yes and b is yes", {"a": "yes"}, Truth.UNKNOWN),
        ("a is yes or b is yes", {"a": "yes"}, Truth.TRUE),
        ("a is yes or b is yes and c is yes", {"a": "yes", "c": "no"}, Truth.TRUE),
        ("not a is yes", {}, Truth.UNKNOWN),
        ("not (a is yes or b is yes)", {"a": "no", "b": "no"}, Truth.TRUE),
        ("at least 2 of (a is yes; b is yes; c is yes)", {"a": "yes", "b": "no"}, Truth.UNKNOWN),
        ("at least 2 of (a is yes; b is yes; c is yes)", {"a": "yes", "c": "yes"}, Truth.TRUE),
        ("at least 2 of (a is yes; b is yes; c is yes)", {"a": "no", "b": "no"}, Truth.FALSE),
        ("a cleared", {"a": "excluded"}, Truth.TRUE),
        ("a cleared", {}, Truth.FALSE),
    ],
)
def test_conditions_answer_in_three_values(text, facts, truth):
    assert parse(text).find(Facts(**facts)).truth is truth


def test_lists_match_patterns_and_keep_what_the_star_stands_for():
    entries = (
        Entry("x", frozenset({"cast", "cast:left_lower_leg"})),
        Entry("y", frozenset({"cast", "cast:right_arm"}), listed=False),
    )
    facts = Facts(a=entries)
    assert parse("a has cast:*_lower_leg").find(facts).matches == ("left",)
    assert parse("a has cast:* except *_lower_leg").find(facts).matches == ("right_arm",)
    assert parse("a has cast twice").find(facts).truth is Truth.TRUE
    assert parse("a has brace").find(facts).truth is Truth.FALSE
    assert parse("a unlisted").find(facts).truth is Truth.TRUE
    assert parse("a has cast").find(Facts()).truth is Truth.UNKNOWN


@pytest.mark.parametrize(
    "text",
    ["", "a", "a is", "a like b", "a >= many", "(a is b", "a is b )", "a is b and",
     "at least 3 of (a is b; c is d)", "at least x of (a is b)", "a is b c is d"],
)  # fmt: skip
def test_a_condition_that_cannot_be_read_is_refused(text):
    with pytest.raises(ValueError, match=r"expected|comparison|float|end|least|literal"):
        parse(text)


@pytest.mark.parametrize(
    "text", ["not s is yes", "s is no", "s < 3", "s said unknown", "a is b or not (s is yes)"]
)
def test_a_rule_that_a_sign_could_calm_is_refused(text):
    assert monotone_fault(parse(text), lambda field: field == "s")
    assert monotone_fault(parse(re.sub(r"\bs\b", "t", text)), lambda field: field == "s") is None


# ---- each rule fires on an input made from its own condition ----


def ways(condition):
    """Answers that make a condition true, as tuples of (path, value)."""
    if isinstance(condition, Combined):
        for chosen in itertools.combinations(condition.conditions, condition.needed):
            for parts in itertools.product(*(list(ways(c)) for c in chosen)):
                yield tuple(itertools.chain.from_iterable(parts))
    elif isinstance(condition, Negated):
        yield ()
    else:
        yield from ((answer,) for answer in answers_for(condition))


def answers_for(test: FieldTest):
    derived = {
        "onset_age": ("age", 30),
        "corticosteroid_daily_mg": ("medicines", [{"class": "corticosteroid", "daily_mg": 10}]),
        "event_hours": ("event.hours", 500),
    }
    changes = {"history.rmdq24_change": "history.rmdq24", "history.pain_change": "history.pain_nrs"}
    if test.field in derived:
        yield derived[test.field]
    elif test.field in changes:
        yield changes[test.field], [2, 9] if test.op == ">=" else [6, 6]
    elif test.op == "unlisted":
        yield test.field, "zzz" if test.field == "event.kind" else ["zzz"]
    elif test.op == "unknown":
        yield test.field, ...
    elif test.op == "has":
        yield from listed(test)
    elif test.op in {"is", "said", "maybe"}:
        yield from ((test.field, value) for value in test.values)
    else:
        step = {"<": -0.1, "<=": 0, ">": 0.1, ">=": 0}[test.op]
        yield test.field, float(test.values[0]) + step


def listed(test: FieldTest):
    """Entries of the topic's lists that count as one of the patterns."""
    intake_list = "events" if test.field == "event.kind" else test.field
    if test.values == ("*",):
        yield test.field, ["acupuncture"]
        return
    for pattern in test.values:
        word = pattern.replace("*", "left")
        terms = [
            row["term"].replace("*", "left_leg").replace("[0-9]", "9").replace("[1-5]", "1")
            for row in TOPIC["terms"]
            if row["list"] == intake_list
            and (word.split(":")[0] in row["counts_as"].split("|") or row["term"] == word)
        ]
        if test.field == "event.kind":
            yield from ((test.field, term) for term in terms)
        elif test.field in {"skin", "access_limits"}:
            kind, _, region = word.partition(":")
            entry = {"kind": kind, "region": region} if region else {"kind": (terms or ["cast"])[0]}
            yield test.field, [entry]
        elif test.field == "medicines":
            yield test.field, medicines(word, test.times)
        else:
            yield test.field, [terms[0] if terms else word]


def medicines(word, times):
    names = [
        row["term"].replace("*", "")
        for row in TOPIC["terms"]
        if row["list"] == "medicine_names" and word in row["counts_as"].split("|")
    ]
    chosen = names[-times:] if times > 1 else names[:1]
    return [{"name": name} for name in chosen] or [{"class": word}]


def person_for(way):
    answers = calm(TOPIC)
    for path, value in way:
        if path in {"medicines", "access_limits"}:  # two tests may ask for two entries
            value = [*answers.get(path, ()), *value]
        answers = put(answers, path, value)
    return Person.from_mapping(answers, TOPIC)


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_no_rule_is_dead(rule):
    results = (triage(TOPIC, person_for(way)) for way in itertools.islice(ways(rule.when), 40))
    assert any(rule.name in {r.rule for r in result.reasons} for result in results)


def without(table, line):
    rows = tuple(row for row in TOPIC[table] if row.line != line)
    tables = {**TOPIC.tables, table: Table(table, TOPIC[table].columns, rows)}
    return dataclasses.replace(TOPIC, tables=tables, _memo={})


def changed_cell(table, rule, column, value):
    rows = tuple(
        Row({**row, column: value}, row.file, row.line) if row["rule"] == rule else row
        for row in TOPIC[table]
    )
    tables = {**TOPIC.tables, table: Table(table, TOPIC[table].columns, rows)}
    return dataclasses.replace(TOPIC, tables=tables, _memo={})


@pytest.mark.parametrize(
    ("table", "rule", "answers", "before", "after"),
    [
        ("red_flag_rules", "fever", {"red_flags__fever": "yes"}, "urgent", "proceed"),
        ("red_flag_rules", "saddle-numbness", {"red_flags__saddle_numbness": "yes"},
         "emergency", "proceed"),
        ("red_flag_rules", "entry-not-known", {"conditions": ["zzz"]}, "clarify", "proceed"),
        ("option_rules", "nickel", {"allergies": ["nickel"]}, "proceed_with_precautions",
         "proceed"),
    ],
)  # fmt: skip
def test_taking_a_rule_away_changes_the_outcome(table, rule, answers, before, after):
    line = next(row.line for row in TOPIC[table] if row["rule"] == rule)
    person = Person.from_mapping(calm(TOPIC, **answers), TOPIC)
    assert triage(TOPIC, person).outcome == before
    assert triage(without(table, line), person).outcome == after


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("when", "red_flags.fevr is yes", "red_flags.fevr"),
        ("when", "red_flags.fever like yes", "comparison"),
        ("when", "not red_flags.fever is yes", "under 'not'"),
        ("reason", "dragons", "dragons"),
        ("outcome", "maybe", "maybe"),
        ("pack", "no such finding", "no such finding"),
        ("say", "hello", "hello"),
    ],
)
def test_a_broken_rule_is_told_with_its_row_and_fails_closed(column, value, told):
    broken = changed_cell("red_flag_rules", "fever", column, value)
    with pytest.raises(InputError, match=r"red_flag_rules\.csv:\d+") as error:
        load_rules(broken)
    assert told in str(error.value)
    result = triage(broken, Person.from_mapping(calm(TOPIC), TOPIC))
    assert result.outcome == "clarify"
    assert result.text[0].startswith("Stop and ask")
    assert {status.status for status in result.options.values()} == {"hidden"}
    assert list(result.options) == [option.id for option in TOPIC.options]


def test_even_a_topic_without_tables_fails_closed():
    bare = dataclasses.replace(TOPIC, tables={}, texts={}, _memo={})
    result = triage(bare, Person.from_mapping(calm(TOPIC), TOPIC))
    assert (result.outcome, result.comparison_shown) == ("clarify", False)


def test_every_rule_has_a_source_and_a_place():
    for rule in RULES:
        assert rule.source, rule.name
        assert rule.where.endswith(tuple("0123456789"))
        assert rule.text.endswith(".")
        if "rule: " in rule.source:
            assert rule.source.endswith("clinician to confirm")
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)


def test_every_red_flag_and_precaution_of_the_pack_is_taken_up():
    used = {
        name.strip()
        for table in ("red_flag_rules", "option_rules")
        for row in TOPIC[table]
        for cell in (row["pack"].split(" + "), row.get("evidence", "").split(";"))
        for name in cell
    }
    findings = {row["finding"] for row in TOPIC["red_flags"] if row["kind"] == "finding"}
    assert findings <= used
    conditions = {row["condition"] for row in TOPIC["precautions"]}
    # What a plan has to mind at the point or muscle, not what a person can answer.
    of_the_plan = {
        "deep flank needling",
        "nipples, navel, external genitals, infant scalp",
        "medical emergency or acute illness",
    }
    assert conditions - {name.split("|")[0] for name in used} == of_the_plan
