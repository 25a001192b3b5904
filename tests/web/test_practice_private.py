"""What a practitioner types is seen by nobody else, stands in no log and address, and is gone."""

import json
import uuid

from tests.person.people import calm
from tests.web.visitor import visible
from tests.web.watched import Watched, left_behind

PAGES = (
    "/practice/", "/practice/examination/", "/practice/plan/", "/practice/plan/patient/",
    "/practice/plan/plan.json", "/practice/sessions/", "/practice/review/", "/atlas/", "/",
)  # fmt: skip
WORDS = (
    "name", "practitioner", "helper", "site", "findings", "tongue", "pulse", "goal", "notes",
    "done", "after", "seen", "reason", "by", "spacing", "position", "consent", "covered",
)  # fmt: skip


def canary(name):
    return f"canary{name}{uuid.uuid4().hex}"


def worked(site, topic):
    """A visitor who has typed a word of their own wherever words can be typed."""
    one = Watched(site.url)
    one.get("/practice/")
    words = {name: canary(name) for name in WORDS}
    record = {"person": calm(topic, name=words["name"])}
    one.upload("/practice/open/", "record", canary("file") + ".json", json.dumps(record).encode())
    one.post("/practice/examination/", {
        "regions": "lumbar", "practitioner": words["practitioner"], "helper": words["helper"],
        "add.muscle": "piriformis", "add.side": "left", "add.taut_band": "yes",
        "add.hypersensitive_spot": "yes", "add.referred_pain": "yes", "add.site": words["site"],
        "findings": words["findings"], "tongue": words["tongue"], "pulse": words["pulse"],
        "goal.words": words["goal"], "notes": words["notes"],
    })  # fmt: skip
    one.post("/practice/plan/", {"action": "choose", "value": "dry-needling"})
    one.post("/practice/plan/", {"action": "change", "item": "course", "field": "spacing",
                                 "value": words["spacing"]})  # fmt: skip
    one.post("/practice/sessions/", {
        "date": "2026-10-01", "notes": words["done"], "after": words["after"],
        "score.pain_nrs": "6", "position": words["position"], "consent": words["consent"],
        "covered": words["covered"], "event.kind": "soreness", "event.hours": "20",
        "event.over": "yes", "event.seen_by": words["seen"],
    })  # fmt: skip
    one.post("/practice/review/", {"choice": "continue", "reason": words["reason"],
                                   "by": words["by"], "date": "2026-10-02"})  # fmt: skip
    kept = one.post("/practice/save/").text
    for name, word in words.items():
        assert word in kept, name
    return one, words


def test_it_stands_only_on_ones_own_pages(site, topic):
    one, _ = worked(site, topic)
    other = Watched(site.url)
    for path in PAGES:
        one.get(path)
        assert b"canary" not in other.get(path).body, path
    told = "\n".join(f"{url} {status}\n{headers}" for url, status, headers in
                     (*one.replies, *other.replies))  # fmt: skip
    assert "canary" not in told
    assert "canary" not in site.log.read_text("utf-8")
    stored = [headers for _, status, headers in one.replies if status == 200]
    assert all("no-store" in headers for headers in stored)


def test_nothing_is_left_once_it_is_closed(sqlite_site, topic):
    one, words = worked(sqlite_site, topic)
    one.post("/practice/close/")
    assert "Open a file" in visible(one.get("/practice/").text)
    assert left_behind(sqlite_site, list(words.values())) == []


def test_the_same_key_is_not_used_again(sqlite_site, topic):
    one, _ = worked(sqlite_site, topic)
    before = one.key
    one.post("/practice/close/")
    assert one.key != before
