"""What triage says, from `triage_texts.toml`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from needlewise.person.facts import Answered
from needlewise.person.person import Person
from needlewise.topic import Topic

if TYPE_CHECKING:
    from needlewise.person.triage import Reason, Triage


def once(lines: Iterable[str]) -> tuple[str, ...]:
    """The lines in order, each once, empty ones left out."""
    return tuple(dict.fromkeys(line for line in lines if line))


class Wording:
    """The topic's sentences, filled in for one person."""

    def __init__(self, topic: Topic) -> None:
        self.texts: Any = topic.texts["triage_texts"]

    def text(self, outcome: str, actions: Iterable[str]) -> tuple[str, ...]:
        """What to do: the short first line, what each reason asks for, then the rest."""
        said = self.texts["outcomes"][outcome]
        return once((said["headline"], *actions, *said["lines"]))

    @property
    def safety_net(self) -> tuple[str, ...]:
        said = self.texts["safety_net"]
        return (said["lead"], *said["lines"])

    def not_known(self, labels: Iterable[str]) -> str:
        return str(self.texts["unknown_answer"]["text"]).format(", ".join(labels))

    def questions(self, reasons: Iterable[Reason], unanswered: Sequence[str]) -> tuple[str, ...]:
        said = self.texts["unknown_answer"]["ask"]
        text = any(reason.id == "free_text_alarm" for reason in reasons)
        return once(
            (
                *(said.format(label) for label in unanswered),
                self.texts["free_text_alarm"]["ask"] if text else "",
            )
        )

    def handover(
        self, outcome: str, reasons: Sequence[Reason], asked: Sequence[str], facts: Answered
    ) -> tuple[str, ...]:
        """A short printable note: what was answered, what is asked for, no diagnosis."""
        said, person = self.texts["handover"], facts.person
        who = ", ".join(
            part
            for part in (
                person.name or "",
                f"{person.age:g} years" if person.age is not None else "age not known",
                person.sex or "",
            )
            if part
        )
        weeks = (
            "duration not known" if person.pain_weeks is None else f"{person.pain_weeks:g} weeks"
        )
        pain = "" if person.pain_nrs is None else f", {person.pain_nrs:g} of 10"
        answers = once(facts.worded(answer) for reason in reasons for answer in reason.answers)
        return once(
            (
                said["title"],
                self.texts["outcomes"][outcome]["handover"],
                said["person"].format(who),
                said["pain"].format(weeks + pain),
                said["led"] if answers else "",
                *(f"- {answer}" for answer in answers),
                said["why"] if reasons else "",
                *(f"- {reason.text}" for reason in reasons),
                said["open"] if asked else "",
                *(f"- {question}" for question in asked),
                said["made"],
            )
        )

    def messages(
        self,
        result: Triage,
        handover: tuple[str, ...],
        says: Iterable[str],
        known: Sequence[tuple[tuple[str, str], ...]],
        person: Person,
    ) -> dict[str, tuple[str, ...]]:
        """Texts by what a page must show, only those that hold for this person."""
        said = self.texts["messages"]
        found = {say: tuple(said[say]) for say in says}
        if any(r.rule == "alarm:suicide_risk" for r in result.reasons):
            found["crisis_help"] = tuple(said["crisis_help"])
        if result.stopped:
            found["why_stopped"] = once(reason.text for reason in result.leading)
            shown = {"emergency": "emergency_now", "urgent": "urgent_medical_review"}
            if result.outcome in shown:
                found[shown[result.outcome]] = result.text
        else:
            reasons = [reason for status in result.options.values() for reason in status.reasons]
            found["precaution_reason"] = once(reason.text for reason in reasons)
            found["evidence_on_precaution"] = self._evidence(known)
            found["right_to_stop"] = tuple(said["right_to_stop"])
        if any(reason.id == "language_access" for reason in result.reasons):
            wants = self.texts["language"]
            interpreter = "interpreter" in (person.access_needs or ())
            found["text_alternative"] = tuple(said["text_alternative"])
            found["language_access"] = once(
                (wants["text"], wants["interpreter"] if interpreter else "")
            )
        found["handover_note"] = handover
        found["safety_net"] = result.safety_net
        found["ask_clinician"] = result.ask_clinician
        return {name: lines for name, lines in found.items() if lines}

    def _evidence(self, known: Sequence[tuple[tuple[str, str], ...]]) -> tuple[str, ...]:
        """What is known about the risk behind each limit, and that of some nothing is."""
        said = self.texts["evidence"]
        facts = [said["known"].format(action=a, source=s) for limit in known for a, s in limit]
        rest = said["others" if facts else "none"] if not all(known) else ""
        return once((*facts, rest))
