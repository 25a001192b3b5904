"""Pictures of every page of the site, to be looked at: python -m scripts.make_screenshots [FOLDER].

A site of its own on a folder that is thrown away; wide, middle and narrow; the main pages in dark
and as printed. Tall pages come in pieces, since a browser draws only so much at once.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from tests.web.conftest import BROWSERS, QUIET, serve
from tests.web.walk import CALM, LONGEST, PICTURES, STATES, Walk

ROOT = Path(__file__).resolve().parent.parent

WIDTHS = (320, 768, 1440)
A4 = 794  # CSS pixels
PIECE = 4000  # CSS pixels
DARK = {
    "start", "questions-you-wrong", "questions-nerves-filled", "questions-where-filled",
    "stop-emergency", "stop-clarify", "compare", "how", "values-rank", "values-weigh",
    "evidence-outcome", "evidence-claims",
}  # fmt: skip
PRINTED = {"stop-emergency", "stop-clarify", "sheet", "compare"}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures" / "site"
    only = sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    with site() as url, sync_playwright() as playwright:
        browser = launched(playwright)
        for name, state in STATES.items():
            if not only or name in only:
                take(browser, url, folder, name, state)
        for outcome, week in PICTURES:
            if not only:
                switched(browser, url, folder, outcome, week)
        browser.close()
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")


@contextmanager
def site() -> Iterator[str]:
    """A running site, gone with its folder at the end."""
    with tempfile.TemporaryDirectory() as folder:
        running = serve(Path(folder))
        try:
            yield running.url
        finally:
            running.kill()


def launched(playwright: Playwright) -> Browser:
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        sys.exit("No Chromium here: on Debian, apt-get install chromium, then try again.")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=path, args=[*QUIET, *root])


def take(
    browser: Browser, url: str, folder: Path, name: str, state: Callable[[Walk], None]
) -> None:
    """One state of a page at each width; in dark and as printed where it is a main one."""
    page = browser.new_page(viewport={"width": WIDTHS[-1], "height": 900})
    page.set_default_timeout(2 * LONGEST)  # the first look at a figure draws it
    state(Walk(page, url))
    for width in WIDTHS:
        shoot(page, folder / f"{name}-{width}", width)
    if name in DARK:
        page.emulate_media(color_scheme="dark")
        shoot(page, folder / f"{name}-{WIDTHS[0]}-dark", WIDTHS[0])
        shoot(page, folder / f"{name}-{WIDTHS[-1]}-dark", WIDTHS[-1])
        page.emulate_media(color_scheme="light")
    if name in PRINTED:
        page.emulate_media(media="print")
        shoot(page, folder / f"{name}-print", A4)
    page.close()


def switched(browser: Browser, url: str, folder: Path, outcome: str, week: int) -> None:
    """The comparison's picture of one outcome at one time."""
    page = browser.new_page(viewport={"width": WIDTHS[1], "height": 900})
    walk = Walk(page, url)
    walk.bring(CALM)
    walk.go(f"/compare/?outcome={outcome}&weeks={week}")
    page.locator("#picture").screenshot(path=folder / f"picture-{outcome}-{week}.png")
    page.close()


def shoot(page: Page, path: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("document.fonts.ready.then(() => true)")
    height = page.evaluate("document.documentElement.scrollHeight")
    tops = range(0, height, PIECE)
    for number, top in enumerate(tops, start=1):
        part = f"-part{number}" if len(tops) > 1 else ""
        clip = {"x": 0, "y": top, "width": width, "height": min(PIECE, height - top)}
        page.screenshot(path=f"{path}{part}.png", full_page=True, clip=clip)


if __name__ == "__main__":
    main()
