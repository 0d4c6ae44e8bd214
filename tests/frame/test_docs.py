"""The pages for operators and contributors: links lead somewhere, nothing that can be set goes unmentioned."""

import re
from pathlib import Path

import pytest

from tests.frame.repository import ROOT, markdown_files
from tests.frame.settings_page import page

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+\s+(.+?)\s*$", re.MULTILINE)
MOST_LINES_OF_A_DECISION = 40


def _anchors(text: str) -> set[str]:
    """The anchors that a forge makes from headings: small letters, no punctuation, dashes for blanks."""
    titles = [re.sub(r"[^\w\s-]", "", title.lower()) for title in HEADING.findall(FENCED.sub("", text))]
    return {title.strip().replace(" ", "-") for title in titles}


def _broken(page: Path, text: str) -> list[str]:
    broken = []
    for target in LINK.findall(FENCED.sub("", text)):
        name, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        goal = (ROOT / page).parent / name if name else ROOT / page
        missing_anchor = anchor and goal.suffix == ".md" and goal.is_file() and anchor not in _anchors(goal.read_text())
        if not goal.exists() or missing_anchor:
            broken.append(f"{page}: {target}")
    return broken


def test_every_link_inside_the_repository_leads_somewhere() -> None:
    assert [found for page, text in markdown_files() for found in _broken(page, text)] == []


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs/index.md").read_text()
    pages = [page.relative_to("docs") for page, _ in markdown_files() if page.parts[0] == "docs"]
    missing = [str(page) for page in pages if page.name != "index.md" and f"({page})" not in index]
    assert missing == [], "add them to docs/index.md"


@pytest.mark.parametrize("heading", ["Context", "Choice", "Evidence", "What would change our mind"])
def test_every_decision_says_what_it_rests_on(heading: str) -> None:
    decisions = [(page, text) for page, text in markdown_files() if page.parts[:2] == ("docs", "decisions")]
    assert decisions
    assert [str(page) for page, text in decisions if f"**{heading}.**" not in text] == []


def test_a_decision_fits_on_a_page() -> None:
    decisions = [(page, text) for page, text in markdown_files() if page.parts[:2] == ("docs", "decisions")]
    assert [str(page) for page, text in decisions if text.count("\n") > MOST_LINES_OF_A_DECISION] == []


def test_every_setting_is_documented() -> None:
    assert (ROOT / "docs/settings.md").read_text() == page(), "run: python -m tests.frame.settings_page"
