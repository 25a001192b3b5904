"""The questions in the terminal."""

import pytest

from needlewise.errors import InputError
from needlewise.person import Person, ask, questions, to_toml, triage


def scripted(lines):
    """A `read` that gives these lines by the question last shown, and Enter for the rest."""
    shown = []

    def write(line):
        shown.append(line)

    def read(_):
        for words, answers in lines.items():
            if words in shown[-1] or (answers and any(words in s for s in shown[-3:])):
                return answers.pop(0) if answers else ""
        return ""

    return read, write, shown


def test_every_question_says_why(topic):
    asked = questions(topic)
    assert [q.section for q in asked] == sorted(
        (q.section for q in asked), key=["safety", "about", "health", "needles", "values"].index
    )
    assert all(q.text.endswith(("?", "?).", ".")) and q.why and q.how and q.changes for q in asked)


def test_all_skipped_is_all_unknown(topic):
    read, write, _ = scripted({})
    answers = ask(topic, read, write)
    assert answers == {}
    assert triage(topic, Person.from_mapping(answers, topic)).outcome == "clarify"


def test_answers_are_read_explained_and_kept(topic, tmp_path):
    script = {
        "fever, chills": ["?", "perhaps", "unknown"],
        "How old": ["old", "130", "46"],
        "female or male": ["female"],
        "might you be": ["yes"],
        "How many weeks pregnant": ["24"],
        "Which medicines": ["warfarin, aspirin 75 mg"],
        "last INR?": ["2,4"],
        "implants or devices": ["none"],
        "infected, broken": ["infection lumbar"],
        "cast or brace": ["cast left lower leg"],
        "most first": ["pain, burden"],
        "hopeless": ["no"],
    }
    read, write, shown = scripted(script)
    answers = ask(topic, read, write)
    assert answers["red_flags"]["fever"] == "unknown"
    assert answers["age"] == 46
    assert answers["gestation_weeks"] == 24
    assert answers["labs"]["inr"] == 2.4
    assert answers["medicines"] == [{"name": "warfarin"}, {"name": "aspirin 75 mg"}]
    assert answers["skin"] == [{"kind": "infection", "region": "lumbar"}]
    assert answers["access_limits"] == [{"kind": "cast", "region": "left_lower_leg"}]
    assert answers["devices"] == []
    assert answers["ranking"] == ["pain", "visits"]
    text = "\n".join(shown)
    assert "Why we ask: It can be a sign of infection." in text
    assert "'old' is not a number" in text
    assert "age is 130 but must be from 0 to 120" in text
    assert "ending your life" not in text
    path = tmp_path / "me.toml"
    path.write_text(to_toml(answers), "utf-8")
    assert Person.from_file(path, topic) == Person.from_mapping(answers, topic)


def test_conditional_questions_come_only_where_they_apply(topic):
    read, write, shown = scripted(
        {"female or male": ["male"], "hopeless": ["yes"], "Which medicines": ["none"]}
    )
    ask(topic, read, write)
    text = "\n".join(shown)
    assert "Are you pregnant" not in text
    assert "ending your life" in text
    assert "last INR" not in text


def test_input_that_ends_is_told(topic):
    def read(_):
        raise EOFError

    with pytest.raises(InputError, match="nothing was saved"):
        ask(topic, read, lambda line: None)


def test_open_safety_questions_are_asked_once_more_and_then_handed_over(topic):
    read, write, shown = scripted({})
    ask(topic, read, write)
    fever = next(q for q in questions(topic) if q.field == "red_flags.fever")
    assert sum(line.startswith(fever.text) for line in shown) == 2
    assert "asked once more" not in shown[0]
    assert any("take them to a clinician" in line for line in shown)
    assert any("fever" in line for line in shown[-60:])


def test_the_second_answer_counts_and_what_then_applies_is_asked(topic):
    shown = []
    replies = {"might you be": ["", "yes"], "How many weeks pregnant": ["24"]}

    def read(_):
        return next((r.pop(0) for words, r in replies.items() if r and words in shown[-1]), "")

    answers = ask(topic, read, shown.append)
    assert answers["pregnant"] == "yes"
    assert answers["gestation_weeks"] == 24


def test_nothing_is_asked_twice_once_all_safety_questions_are_answered(topic):
    replies = {q.text: ["no"] for q in questions(topic) if q.field.startswith("red_flags.")}
    replies |= {"female or male": ["male"], "How old": ["46"], "For how many weeks": ["30"],
                "down a leg": ["none"], "Which health conditions": ["none"],
                "Which medicines": ["none"], "implants or devices": ["none"]}  # fmt: skip
    read, write, shown = scripted(replies)
    answers = ask(topic, read, write)
    assert triage(topic, Person.from_mapping(answers, topic)).comparison_shown
    assert not any("still open" in line for line in shown)


def test_hard_activities_are_taken_with_their_scores(topic):
    read, write, _ = scripted({"find hard": ["lifting my child 3, sitting 5"]})
    assert ask(topic, read, write)["psfs"] == [
        {"activity": "lifting my child", "score": 3.0},
        {"activity": "sitting", "score": 5.0},
    ]
