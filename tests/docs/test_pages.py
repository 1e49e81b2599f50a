"""The documentation is sound: links and anchors lead somewhere, tables have their cells, files that are named exist."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, WRITTEN, Page, page, table

PACKAGE = ROOT / "ads_pipeline"

OF_EACH_PAGE = pytest.mark.parametrize("found", PAGES, ids=str)


@OF_EACH_PAGE
def test_links_and_anchors_lead_somewhere(found: Page) -> None:
    for link in found.links:
        path, _, anchor = link.partition("#")
        target = (found.path.parent / path).resolve() if path else found.path
        assert target.exists(), link
        if anchor:
            assert anchor in page(target.relative_to(ROOT).as_posix()).anchors, link


@OF_EACH_PAGE
def test_every_row_of_a_table_has_its_cells(found: Page) -> None:
    for rows in found.tables:
        assert {len(row) for row in rows} == {len(rows[0])}, rows[0]


@pytest.mark.parametrize("found", WRITTEN, ids=str)
def test_files_that_are_named_exist(found: Page) -> None:
    folders = [path.name for path in PACKAGE.iterdir() if path.is_dir()] + ["tests", "sql", "docs", "ads_pipeline", "benchmarks", "docker"]
    for span in found.spans:
        if re.fullmatch(rf"(?:{'|'.join(folders)})/[\w./-]+", span) and "NNNN" not in span:
            assert (ROOT / span).exists() or (PACKAGE / span).exists() or (ROOT / "sql" / span).exists(), span


def test_every_page_is_in_the_navigation_and_every_decision_in_the_index() -> None:
    navigation = (ROOT / "zensical.toml").read_text()
    decisions = sorted(path.name for path in (ROOT / "docs" / "adr").glob("0*.md"))
    for path in (ROOT / "docs").glob("*.md"):
        assert f'"{path.name}"' in navigation
    assert [row[0].split("](")[1].rstrip(")") for row in table("docs/adr/index.md", "")] == decisions
    assert [int(name[:4]) for name in decisions] == list(range(1, len(decisions) + 1))
    for name in decisions:
        text = (ROOT / "docs" / "adr" / name).read_text()
        assert all(f"**{heading}" in text for heading in ("Context.", "Decision.", "Held by")), name


def test_the_readme_is_short() -> None:
    assert len(page("README.md").text.splitlines()) <= 130


def test_the_site_builds_without_a_warning_and_asks_no_other_host(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copy(ROOT / "zensical.toml", tmp_path)
    command = [str(Path(sys.executable).with_name("zensical")), "build", "--strict"]
    built = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    for path in (tmp_path / "site").rglob("*.html"):
        loaded = re.findall(r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=\"?(https?://[^\"\s>]+)", path.read_text())
        assert [url for url in loaded if "rel=canonical" not in url] == [], path.name
    architecture = (tmp_path / "site" / "architecture" / "index.html").read_text()
    assert '<pre class="mermaid">' in architecture
    assert "assets/mermaid.tiny.js" in architecture
