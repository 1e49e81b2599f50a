"""Sources: one SELECT a file, which maps the fields of a drop's lines to those of the contract."""

from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline.parts import part_files, with_parts
from ads_pipeline.pipeline.source_heads import source_head
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import Sql, collection


def source_files(settings: Settings) -> dict[str, Sql]:
    """Each source's SELECT by name; opens no engine."""
    return collection("sources", settings.sql_dir)


def source_select(settings: Settings, name: str) -> Sql:
    """A source's SELECT as the engine runs it, its parts put in.

    Raises:
        PartError: it calls a part in a way in which it cannot be called.
    """
    return with_parts(name, source_files(settings)[name], part_files(settings))


def id_spaces(settings: Settings) -> dict[str, str]:
    """The id space of each source, by the source's name.

    Raises:
        SourceHeadError: the header of one cannot be used.
    """
    return {name: source_head(name, select).ids for name, select in source_files(settings).items()}


def time_zone_of(settings: Settings, name: str) -> str:
    """The time zone of a source's local times.

    Raises:
        SourceHeadError: its header cannot be used.
    """
    return source_head(name, source_files(settings)[name]).time_zone


def find_source(settings: Settings, name: str) -> str:
    """A source's name, checked.

    Raises:
        UsageError: no source has this name.
    """
    files = source_files(settings)
    if name not in files:
        raise UsageError(f"unknown source {name!r}; there are: {', '.join(files)}")
    return name
