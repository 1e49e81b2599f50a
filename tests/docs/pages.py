"""The pages of the documentation, taken apart: links, anchors, tables, blocks and spans of code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOP = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Page:
    """A Markdown file; `name` is its path in the repository."""

    name: str

    @property
    def path(self) -> Path:
        return ROOT / self.name

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def prose(self) -> str:
        """The text without blocks of code."""
        return _BLOCK.sub("", self.text)

    def blocks(self, *languages: str) -> list[str]:
        """What stands in blocks of code of these languages, in order."""
        return [body for language, body in _BLOCK.findall(self.text) if language in languages]

    @property
    def spans(self) -> list[str]:
        """What stands in the text as code; a line break there is a space."""
        return [span.replace("\n", " ").strip() for span in re.findall(r"`([^`]+)`", self.prose)]

    @property
    def links(self) -> list[str]:
        """The targets of links and pictures, but for those of other hosts."""
        found = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", self.prose))
        return [target for target in found if "://" not in target]

    @property
    def anchors(self) -> set[str]:
        """The anchors of its headings, as GitHub and the site make them."""
        headings = re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}

    @property
    def tables(self) -> Iterator[list[list[str]]]:
        """Its tables: rows of cells, the heading first, the line of dashes left out."""
        for lines in re.findall(r"(?:^\|.*\n?)+", self.prose, re.MULTILINE):
            rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])] for line in lines.splitlines()]
            yield [rows[0], *rows[2:]]

    def __str__(self) -> str:
        return self.name


PAGES = [Page(name) for name in TOP] + [Page(path.relative_to(ROOT).as_posix()) for path in sorted((ROOT / "docs").rglob("*.md"))]
WRITTEN = [page for page in PAGES if page.name != "CHANGELOG.md"]


def page(name: str) -> Page:
    """One page, by its path in the repository."""
    return next(found for found in PAGES if found.name == name)


def table(name: str, heading: str) -> list[list[str]]:
    """The rows of a page's table whose first column has this heading."""
    return next(found[1:] for found in page(name).tables if found[0][0] == heading)
