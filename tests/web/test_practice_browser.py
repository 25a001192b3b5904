"""The practitioner's story in a browser, with and without script, by pointer and by keyboard."""

import json
from datetime import date, timedelta

import pytest
from tests.web.walk import CALM, watched


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "record.json"
    path.write_text(json.dumps({"person": CALM}), "utf-8")
    return path


@pytest.mark.parametrize("script", [True, False])
def test_open_examine_plan_note_review_switch_and_save(
    browser, sqlite_site, file, tmp_path, script
):
    with watched(browser, sqlite_site.url, java_script_enabled=script) as walk:
        page = walk.page
        walk.go("/practice/")
        page.set_input_files("#record", str(file))
        walk.press("Open this file")
        walk.follow(page.get_by_role("link", name="Next: examine")
                    if page.get_by_role("link", name="Next: examine").count()
                    else page.get_by_role("link", name="Examination"))  # fmt: skip
        if script:  # a muscle in the picture
            page.get_by_text("Choose in the picture: The back of the body").click()
            muscle = page.locator('[data-ref="piriformis"][data-side="right"]')
            muscle.focus()
            page.keyboard.press("Enter")
            assert page.input_value("#add-muscle") == "piriformis"
            assert page.input_value("#add-side") == "right"
            assert muscle.get_attribute("aria-pressed") == "true"
        else:
            assert not page.locator("[data-pick]").first.is_visible()
            page.select_option("#add-muscle", "piriformis")
            page.select_option("#add-side", "right")
        for sign in ("taut_band", "hypersensitive_spot", "referred_pain"):
            page.select_option(f"#add-{sign}", "yes")
        page.fill("#goal-words", "garden for an hour")
        walk.press("Keep and go to the plan")
        page.get_by_label("Dry needling", exact=True).check()
        walk.press("Plan this option")
        assert "Piriformis (right)" in walk.text()
        walk.press("Confirm all lines")
        page.fill("#by", "B. Body")
        walk.press("Sign the plan")
        assert "Confirmed and signed by B. Body" in walk.text()
        for weeks in (2, 1, 0):
            walk.go("/practice/sessions/")
            page.fill("#date", f"{date.today() - timedelta(weeks=weeks)}")
            page.fill("#pain", "6")
            walk.press("Keep this session")
        walk.follow(page.get_by_role("link", name="Look back"))
        assert "No clear change" in walk.text()
        page.get_by_label("change something, or to another option").check()
        page.select_option("#option", "acupuncture")
        page.fill("#reason", "no change after three")
        walk.press("Keep this decision")
        assert "Plan for Acupuncture" in walk.text()
        walk.follow(page.get_by_role("link", name="Overview"))
        with page.expect_download() as download:
            page.get_by_role("button", name="Save the file").click()
        kept = tmp_path / "saved.json"
        download.value.save_as(kept)
        saved = json.loads(kept.read_text("utf-8"))
        assert saved["plan"] == {"option": "acupuncture"}
        assert len(saved["past"][0]["course"]["session"]) == 3
        page.set_input_files("#record", str(kept))
        walk.press("Open this file")
        assert "courses before this one: 1" in walk.text()


def test_a_muscle_can_be_chosen_with_the_pointer(browser, sqlite_site, file):
    with watched(browser, sqlite_site.url) as walk:
        walk.go("/practice/")
        walk.page.set_input_files("#record", str(file))
        walk.press("Open this file")
        walk.go("/practice/examination/")
        walk.page.get_by_text("Choose in the picture: The back of the body").first.click()
        left = walk.page.locator('[data-ref="gluteus-medius"][data-side="left"] path')
        left.scroll_into_view_if_needed()
        box = left.bounding_box()
        walk.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert walk.page.input_value("#add-side") == "left"
        assert walk.page.input_value("#add-muscle")
