"""needlewise: dry needling, acupuncture, both or neither, on the trials' own numbers.

    import needlewise as nw

    topic = nw.load_topic("low-back-pain")
    effects = nw.synthesise(nw.build_network(topic, "pain"))
    person = nw.Person.from_file("examples/office_worker.toml")
    outlook = nw.look_ahead(topic, effects, person)
    print(nw.report.text(nw.compare(outlook)))

The engine serves any network of trials:

    fitted = nw.synthesise(nw.read_network("trials.csv", "OR"), tau="reml")
    nw.report.forest(fitted).save("forest.svg")

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "load_topic": "needlewise.topic",
    "Topic": "needlewise.topic",
    "build_network": "needlewise.evidence",
    "read_network": "needlewise.evidence.tables",
    "Network": "needlewise.evidence",
    "synthesise": "needlewise.synthesis",
    "Effects": "needlewise.synthesis",
    "Person": "needlewise.person",
    "Triage": "needlewise.person",
    "triage": "needlewise.person",
    "look_ahead": "needlewise.outlook",
    "Outlook": "needlewise.outlook",
    "Values": "needlewise.choice",
    "Comparison": "needlewise.choice",
    "compare": "needlewise.choice",
    "CourseRecord": "needlewise.followup",
    "Review": "needlewise.followup",
    "review": "needlewise.followup",
    "Examination": "needlewise.plan",
    "Plan": "needlewise.plan",
    "make_plan": "needlewise.plan",
    "InputError": "needlewise.errors",
}
_ROOMS = ("report",)

__all__ = ["__version__", *_HOME, *_ROOMS]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    if name in _ROOMS:
        return import_module(f"needlewise.{name}")
    raise AttributeError(f"needlewise has no {name}")
