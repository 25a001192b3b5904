"""Words and files that nobody who means well would send."""

from __future__ import annotations

import json

HOSTILE = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><!--",
    "template": "{{ 7*7 }}{% load i18n %}{% debug %}",
    "formula": "=cmd|' /C calc'!A0",
    "control": "\x00\x01\x07\x1b[31m\x7f\x85\u2028\u202e",
    "newlines": "a\r\nSet-Cookie: x=1\r\n\r\n<h1>",
    "unicode": "Zoë 😀 שלום ٣ ﷽ e\u0301 \ufeff\ufffe \U0010ffff",
    "typst": '#eval("1") $x$ @a <b> #read("/etc/passwd") \\',
    "path": "../../../../etc/passwd",
}

DEEP = 10_000
# What a file holds, and a word of the sentence that says why it cannot be used.
FILES = {
    "empty": (b"", "empty"),
    "blank": (b" \n\t ", "empty"),
    "truncated": (b'{"age": 46, "sex": "fem', "JSON"),
    "a list": (b"[1, 2]", "table"),
    "a word": (b'"age"', "table"),
    "UTF-16": ('{"name": "Zoë"}'.encode("utf-16"), "UTF-8"),
    "Latin-1": ('{"name": "Zoë"}'.encode("latin-1"), "UTF-8"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "UTF-8"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "UTF-8"),
    "an archive": (b"PK\x03\x04\x14\0\0\0\x08\0", ""),
    "zeros": (b"\0" * 1000, ""),
    "nested": (b"[" * DEEP + b"]" * DEEP, "nested"),
    "nested tables": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, "nested"),
    "nested a little": (b'{"goals":' + b"[" * 400 + b"]" * 400 + b"}", "goals"),
    "no field": (b'{"agee": 46}', "age"),
    "a field twice": (b'{"age": 46, "age": 47}', "twice"),
    "NaN": (b'{"age": NaN}', "NaN"),
    "infinite": (b'{"age": 1e999}', "age"),
    "huge": (b'{"age": ' + b"9" * 5000 + b"}", "number"),
    "negative": (b'{"pain_weeks": -3}', "pain_weeks"),
    "a broken letter": (b'{"name": "\\ud800"}', "name"),
    "a broken name": (b'{"\\ud800": 1}', ""),
    "markup": (b'{"<script>alert(1)</script>": 1, "sex": "<img src=x>"}', ""),
    "wrong kinds": (b'{"age": [46], "medicines": {"a": 1}, "red_flags": [1]}', "age"),
    "null": (b"null", "table"),
}
TOMLS = {
    "no field": (b"agee = 46\n", "age"),
    "not TOML": (b"age: 46\n", "TOML"),
    "twice": (b"age = 46\nage = 47\n", "TOML"),
    "nested": (b"a = " + b"[" * DEEP + b"]" * DEEP, "nested"),
    "NaN": (b"age = nan\n", "age"),
    "a date": (b"age = 2026-01-01\n", "age"),
    "JSON": (b'{"age": 46}', "TOML"),
}

MANY = 20_000
# Less than 1 MB each, and long to read for a reader that grows with the square.
SLOW = {
    "names": json.dumps({f"k{n}": 1 for n in range(MANY)}).encode(),
    "signs": json.dumps({"red_flags": {f"k{n}": 1 for n in range(MANY)}}).encode(),
    "a name twice": b"{" + b"".join(b'"k%d":1,' % n for n in range(MANY)) + b'"z":1,"z":1}',
    "medicines": json.dumps(
        {"medicines": [{f"k{n}{m}": 1 for n in range(120)} for m in range(190)]}
    ).encode(),
    "weights": json.dumps({"weights": {f"k{n}": 1 for n in range(MANY)}}).encode(),
    "entries": json.dumps({"goals": ["x"] * 190_000}).encode(),
}
SLOW_TOML = {
    "parts of a name": b".".join([b"a"] * 100_000) + b" = 1\n",
    "parts of a table": b"[" + b".".join([b"a"] * 100_000) + b"]\n",
    "tables": b"".join(b"[a%d]\n" % n for n in range(30_000)),
    "dots in words": b"[a]\n" + b"b." * 100_000 + b"c = 1\n",
}
