"""A made-up document with every kind of block. Its figures are invented and mean nothing."""

from needlewise.report.characters import clean
from needlewise.report.document import (
    Bars,
    Bullets,
    Callout,
    Chart,
    Document,
    IconRow,
    Icons,
    Num,
    Paragraph,
    Section,
    Series,
    Source,
    Table,
    Text,
    line,
    plain,
)

HOSTILE = (
    '#read("/etc/passwd")',
    "$ x^2 $ \\ @ref `raw` *bold* _em_ = heading",
    "<script>alert(1)</script> & \"quotes\" 'single' </style> <!--",
    "中文 عربي ไทย 🙂👩🏽‍⚕️ e\u0301",
    "bell\x07 null\x00 escape\x1b[31m over\u202eridden",
)

LEGEND = (
    ("same", "better without needling too"),
    ("more", "more with it"),
    ("band", "perhaps more with it: the range"),
    ("fewer", "fewer with it"),
    ("not", "not clearly better"),
    ("line", "how many get better without needling"),
    ("none", "not studied"),
)


def _people(option: str, with_it: int, without: int, low: int, high: int) -> tuple[Text, ...]:
    return (
        line(
            "{} of 100 clearly better, {} not",
            Num(str(with_it), f"chance.pain.13.{option}"),
            Num(str(100 - with_it), f"chance_not.pain.13.{option}"),
        ),
        line("Range: {}", Num(f"{low} to {high}", f"chance_range.pain.13.{option}")),
        line("Without needling: {}", Num(str(without), "chance.pain.13.no-needling")),
    )


def icons(id: str = "people-pain-13") -> Icons:
    return Icons(
        id,
        "Clearly less pain at 3 months, of 100 people like you",
        (
            IconRow(
                "no-needling",
                "No needling",
                (("same", 35), ("not", 65)),
                35,
                35,
                35,
                "Of 100 people like you, 35 are clearly better without needling and 65 are not.",
                _people("no-needling", 35, 35, 29, 42),
            ),
            IconRow(
                "dry-needling",
                "Dry needling",
                (),
                0,
                0,
                0,
                "Not studied at 3 months.",
                (("Not studied at this time in people like you.",),),
            ),
            IconRow(
                "acupuncture",
                "Acupuncture",
                (("same", 35), ("more", 13), ("not", 52)),
                41,
                55,
                35,
                "Of 100 people like you, 48 are clearly better with acupuncture.",
                _people("acupuncture", 48, 35, 41, 55),
            ),
            IconRow(
                "electroacupuncture",
                "Electroacupuncture",
                (("same", 28), ("fewer", 7), ("not", 65)),
                22,
                37,
                35,
                "Of 100 people like you, 28 are clearly better with electroacupuncture.",
                _people("electroacupuncture", 28, 35, 22, 37),
            ),
            IconRow("both", "Both", (), 0, 0, 0, "No usable figure.", (("No usable figure.",),)),
        ),
        LEGEND,
    )


def chart() -> Chart:
    return Chart(
        "course-pain",
        "Expected pain over time",
        (
            Series(
                "no-needling",
                "No needling",
                (
                    (0, 6, 6, 6),
                    (8, 4.9, 4.2, 5.6),
                    (13, 4.6, 3.9, 5.3),
                    (26, 4.3, 3.5, 5.1),
                    (52, 4.1, 3.2, 5.0),
                ),
                "",
            ),
            Series(
                "dry-needling",
                "Dry needling",
                ((0, 6, 6, 6), (8, 3.8, 2.4, 5.2)),
                "not studied after 8 weeks",
            ),
            Series(
                "acupuncture",
                "Acupuncture",
                (
                    (0, 6, 6, 6),
                    (8, 3.7, 3.0, 4.4),
                    (13, 3.8, 3.0, 4.6),
                    (26, 3.9, 2.9, 4.9),
                    (52, 3.9, 2.7, 5.1),
                ),
                "",
            ),
            Series(
                "electroacupuncture",
                "Electroacupuncture",
                ((8, 3.4, 2.0, 4.8),),
                "studied at 8 weeks only",
            ),
            Series("both", "Both", (), "not studied"),
        ),
        ((0, "now"), (8, "8 weeks"), (13, "3 months"), (26, "6 months"), (52, "12 months")),
        "Expected pain falls from 6 to about 4 in all options; the ranges overlap throughout.",
        "Pain, 0 to 10",
        10.0,
    )


def document(name: str = "Sam") -> Document:
    answer = Section(
        "answer",
        "The answer in words",
        (
            Paragraph(
                line(
                    "At the end of a course pain is probably {} points lower with acupuncture "
                    "than without. Dry needling and acupuncture cannot be told apart.",
                    Num("1.2", "effect.pain.8.acupuncture"),
                ),
                "lead",
            ),
            Paragraph(line("Again {}, the same number.", Num("1.2", "effect.pain.8.acupuncture"))),
            Paragraph(("The average of 18 trials; nothing about you changes it.",), "small"),
            Callout("note", "How sure", (("Low: few trials, and small ones.",),)),
            Callout(
                "warning", "See a doctor too", (("One answer needs a look.",), ("It can wait.",))
            ),
            Callout("safety", "Tell whoever treats you", (("You take a blood thinner.",),)),
        ),
    )
    downsides = Table(
        "Downsides per course of treatment, of 100 people",
        ("Downside", "No needling", "Dry needling", "Acupuncture", "Electroacupuncture", "Both"),
        (
            (
                ("Soreness for a day or two",),
                ("none from needles",),
                line("{} (20 to 45)", Num("31", "harm.soreness.dry-needling")),
                line("{} (6 to 13)", Num("9", "harm.soreness.acupuncture")),
                ("no rate known",),
                ("no rate known",),
            ),
            (("Fainting",), (), ("no rate known",), ("0.3",), ("no rate known",), ()),
        ),
    )
    takes = Table(
        "What it takes",
        ("Option", "Visits", "What is felt"),
        (
            (("Dry needling",), (Num("6", "visits.dry-needling"),), ("A twitch, then an ache.",)),
            (("Acupuncture",), (Num("10", "visits.acupuncture"),), ("A dull, spreading warmth.",)),
        ),
    )
    fit = Bars(
        "fit",
        "How often each option comes out ahead, of 100",
        (
            (
                "no-needling",
                "No needling",
                46,
                31,
                60,
                line("{} of 100 (31 to 60)", Num("46", "fit.no-needling")),
            ),
            (
                "acupuncture",
                "Acupuncture",
                54,
                40,
                69,
                line("{} of 100 (40 to 69)", Num("54", "fit.acupuncture")),
            ),
        ),
    )
    sections = (
        answer,
        Section("picture", "The picture", (icons(), icons("people-pain-26"))),
        Section("time", "Over time", (chart(),)),
        Section("downsides", "The downsides", (downsides, takes)),
        Section("values", "What matters to you", (Paragraph(("A close call.",)), fit)),
        Section(
            "next",
            "Next",
            (
                Bullets(
                    (
                        ("Who will treat me, and how were they trained?",),
                        ("What if I feel worse?",),
                    ),
                    "Questions to ask",
                ),
                Bullets(tuple((text,) for text in HOSTILE)),
                Paragraph((f"{name}, what would you like to be able to do again?",), "question"),
                Paragraph(("w" * 300,)),
            ),
        ),
    )
    return Document(
        f"Dry needling, acupuncture, both or neither: for {name}",
        line(
            "For people like you: lower back, over three months, pain {} of 10",
            Num("6", "person.pain"),
        ),
        sections,
        (
            ("Content", "low-back-pain 1.0, hash 0123abcd"),
            ("Signed off by a clinician", "not yet"),
            ("Next review", "2027-05-22"),
            ("Given name", name),
        ),
        sources=SOURCES,
    )


SOURCES = (
    Source(
        "s-first",
        "Made-up trial, 2019",
        "Journal of Examples",
        "10.1234/ex(a)mple<1>;2-#",
        "123",
        "",
        "pain at 8 weeks",
    ),
    Source("s-second", "Second made-up trial, 2021", "", "", "31234567", "", ""),
    Source(
        "s-third",
        "A guideline, 2020",
        "A body",
        "javascript:alert(1)",
        "12x",
        "https://example.org/guideline",
        "what guidelines say",
    ),
)


def stop_document() -> Document:
    return Document(
        "Stop: go to an emergency department now",
        ("Your answers name a warning sign that must be looked at today.",),
        (
            Section(
                "stop",
                "",
                (
                    Callout(
                        "stop",
                        "Numbness between the legs can mean that nerves are being pressed on.",
                        (("Call an ambulance, or have somebody take you.",), ("Do not wait.",)),
                    ),
                ),
            ),
            Section(
                "note",
                "Show this to the doctor",
                (Bullets((("Back pain for 6 weeks.",), ("Numb between the legs: yes.",))),),
            ),
        ),
        (("Content", "low-back-pain 1.0"),),
        stop=True,
    )


def words(document: Document) -> list[str]:
    """Every text a reader must meet, titles too, in reading order; pictures' inner text aside."""
    found = [document.title, plain(document.subtitle)]
    legends: list[object] = []
    for section in document.sections:
        found.append(section.title)
        for block in section.blocks:
            if isinstance(block, Paragraph):
                found.append(plain(block.text))
            elif isinstance(block, Bullets | Callout):
                found += [block.title, *map(plain, block.items)]
            elif isinstance(block, Table):
                found += [block.caption, *block.columns]
                found += [plain(cell) for row in block.rows for cell in row]
            elif isinstance(block, Icons):
                found.append(block.title)
                if block.legend not in legends:
                    legends.append(block.legend)
                    found += [text for _, text in block.legend]
                for row in block.rows:
                    found += [row.label, *map(plain, row.beside)]
            elif isinstance(block, Chart):
                found.append(block.title)
            else:
                found.append(block.title)
                for _, label, *_, text in block.rows:
                    found += [label, plain(text)]
    for source in document.sources:
        found += [source.label, source.detail, source.read_at, source.used_for]
    return found + [part for fact in document.facts for part in fact]


def missing_in_order(texts: list[str], page: str) -> str:
    """The first text that the page does not hold after the one before it; white space aside."""
    page, place = squeezed(page), 0
    for text in texts:
        wanted = squeezed(text)
        found = page.find(wanted, place)
        if found < 0:
            return text
        place = found + len(wanted)
    return ""


def squeezed(text: str) -> str:
    return "".join(clean(text).replace("\u200b", "").split())
