"""Sources: one SELECT a file, which maps the fields of a drop's lines to those of the contract."""

from ads_pipeline.errors import UsageError
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import Sql, collection


def source_files(settings: Settings) -> dict[str, Sql]:
    """Each source's SELECT by name; opens no engine."""
    return collection("sources", settings.sql_dir)


def id_spaces(settings: Settings) -> dict[str, str]:
    """The space that the ids of each source belong to, by the source's name: its own, unless its header says another."""
    return {name: name for name in source_files(settings)}


def find_source(settings: Settings, name: str) -> str:
    """A source's name, checked.

    Raises:
        UsageError: no source has this name.
    """
    files = source_files(settings)
    if name not in files:
        raise UsageError(f"unknown source {name!r}; there are: {', '.join(files)}")
    return name
