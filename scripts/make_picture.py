"""Make the README's picture from the example's real comparison: python scripts/make_picture.py."""

from pathlib import Path

import needlewise as nw
from needlewise.report.as_pdf import png_bytes
from needlewise.report.view import document

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    topic = nw.load_topic()
    person = nw.Person.from_file(ROOT / "examples" / "office_worker.toml", topic)
    result = nw.compare(nw.look_ahead(topic, None, person))
    target = ROOT / "docs" / "pictures" / "comparison.png"
    target.write_bytes(png_bytes(document(result), pages=2))


if __name__ == "__main__":
    main()
