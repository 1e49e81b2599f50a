"""Jinja2 as SQL files use it: what fills a template is decided by `statements`, and errors name the file and its line."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template, TemplateSyntaxError, meta, nodes

from ads_pipeline.errors import SettingsError


class Templates:
    """Templates by their text, each compiled once.

    Args:
        put_in: what the value of an expression becomes in the text.
        included: the text of a file that a template includes.
        known: parts that every template may use.
    """

    def __init__(self, put_in: Callable[..., str], included: Callable[[str], str], known: Mapping[str, Any]) -> None:
        self._included, self._known = included, frozenset(known)
        self._environment = Environment(
            undefined=StrictUndefined,
            finalize=put_in,
            loader=FunctionLoader(included),
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,  # noqa: S701 (this is no HTML)
        )
        self._environment.globals |= known
        self._tree = lru_cache(1024)(self._parse)
        self.compiled, self.wanted = lru_cache(1024)(self._compile), lru_cache(1024)(self._find_wanted)

    def _parse(self, text: str, name: str) -> nodes.Template:
        with _named(name):
            return self._environment.parse(text, name or None, name and f"sql/{name}.sql")

    def _compile(self, text: str, name: str) -> Template:
        """The template of a file; a text of no file has no name."""
        with _named(name):
            code = self._environment.compile(self._tree(text, name), name or None, name and f"sql/{name}.sql")
        return Template.from_code(self._environment, code, self._environment.make_globals(None))

    def _find_wanted(self, text: str, name: str) -> frozenset[str]:
        """The parts that a template and the files that it includes ask for, without those known."""
        tree = self._tree(text, name)
        files = [str(file) for file in meta.find_referenced_templates(tree)]
        included = [self._find_wanted(self._included(file), file.removesuffix(".sql")) for file in files]
        return frozenset(meta.find_undeclared_variables(tree)).union(*included) - self._known


@contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except TemplateSyntaxError as error:
        raise SettingsError(f"{file_of(name)}, line {error.lineno}: {error.message}") from error


def file_of(name: str) -> str:
    """A file of SQL in words, by its name."""
    return f"sql/{name}.sql" if name else "this SQL"
