"""A picture being drawn: shapes and labels as SVG, saved as SVG or PNG."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from needlewise.errors import InputError
from needlewise.report.figures.drawing import width as text_width
from needlewise.report.svg import at, safe

INK, SOFT, LINE, GROUND = "#1f2933", "#52606d", "#cbd2d9", "#ffffff"
# Okabe and Ito (2008): told apart with any kind of colour vision.
BLUE, ORANGE, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
SIZE = 13.0


@dataclass(frozen=True)
class Drawing:
    """A finished picture; `text` says in words what it shows."""

    svg: str
    text: str

    def png(self, scale: float = 2.0) -> bytes:
        """The picture as PNG, `scale` dots for each unit."""
        import typst

        source = '#set page(width: auto, height: auto, margin: 0pt)\n#image("picture.svg")'
        files: Any = {"main.typ": source.encode(), "picture.svg": self.svg.encode()}
        made = typst.compile(files, format="png", ppi=72.0 * scale, ignore_system_fonts=True)
        return bytes(made)

    def save(self, path: str | Path, *, force: bool = False) -> None:
        """Write it as .svg or .png. Raises InputError where the file exists."""
        from needlewise.report.files import write

        path = Path(path)
        if path.suffix.lower() not in {".svg", ".png"}:
            raise InputError(f"{path}: a picture is saved as .svg or .png.")
        png = path.suffix.lower() == ".png"
        write(path, self.png() if png else self.svg.encode(), force=force)


def width(text: str, size: float = SIZE, bold: bool = False) -> float:
    return text_width(text, size, bold)


def shortened(text: str, widest: float, size: float = SIZE) -> str:
    """A label cut to fit, with an ellipsis."""
    if width(text, size) <= widest:
        return text
    while text and width(text + "…", size) > widest:
        text = text[:-1]
    return text.rstrip() + "…"


@dataclass
class Sheet:
    """Shapes in order, on a ground of its own."""

    wide: float
    high: float
    shapes: list[str] = field(default_factory=list)

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: str = LINE,
             thick: float = 1.0, dash: str = "", opacity: float = 1.0) -> None:  # fmt: skip
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.shapes.append(
            f'<line x1="{at(x1)}" y1="{at(y1)}" x2="{at(x2)}" y2="{at(y2)}" stroke="{colour}" '
            f'stroke-width="{at(thick)}" stroke-opacity="{opacity:.2f}"{dashed}/>'
        )

    def box(self, x: float, y: float, wide: float, high: float, fill: str,
            edge: str = "none") -> None:  # fmt: skip
        self.shapes.append(
            f'<rect x="{at(x)}" y="{at(y)}" width="{at(max(wide, 0))}" height="{at(max(high, 0))}" '
            f'fill="{fill}" stroke="{edge}"/>'
        )

    def dot(self, x: float, y: float, radius: float, fill: str, edge: str = GROUND) -> None:
        self.shapes.append(
            f'<circle cx="{at(x)}" cy="{at(y)}" r="{at(radius)}" fill="{fill}" stroke="{edge}"/>'
        )

    def path(self, points: list[tuple[float, float]], colour: str, fill: str = "none",
             thick: float = 2.0) -> None:  # fmt: skip
        told = "L".join(f"{at(x)} {at(y)}" for x, y in points)
        self.shapes.append(
            f'<path d="M{told}" fill="{fill}" stroke="{colour}" stroke-width="{at(thick)}"/>'
        )

    def text(self, x: float, y: float, text: str, size: float = SIZE, colour: str = INK,
             anchor: str = "start", bold: bool = False) -> None:  # fmt: skip
        weight = ' font-weight="bold"' if bold else ""
        self.shapes.append(
            f'<text x="{at(x)}" y="{at(y)}" font-size="{at(size)}" fill="{colour}" '
            f'text-anchor="{anchor}"{weight}>{safe(text)}</text>'
        )

    def drawing(self, title: str, text: str) -> Drawing:
        body = "\n".join(self.shapes)
        return Drawing(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {at(self.wide)} {at(self.high)}"'
            f' width="{at(self.wide)}" height="{at(self.high)}" role="img" '
            f'font-family="Libertinus Serif, Georgia, serif"><title>{safe(title)}</title>'
            f"<desc>{safe(text)}</desc>\n"
            f'<rect width="{at(self.wide)}" height="{at(self.high)}" fill="{GROUND}"/>\n'
            f"{body}\n</svg>\n",
            text,
        )
