"""The columns of a file: what they are called, and what texts they hold."""

import re
from collections.abc import Collection, Sequence

from ads_pipeline.pipeline.drafts.heads import Column, Head
from ads_pipeline.pipeline.drafts.names import ENDS, FIELD_NAMES, NOTHING_WORDS


def name_of(column: Column) -> str:
    """A column as people write it."""
    return ".".join(column)


def plain_name(column: Column) -> str:
    """The name as `FIELD_NAMES` has it, without what stands in parentheses: `Amount spent (USD)` is `amount_spent`."""
    words = [re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", part) if re.fullmatch(r"[A-Za-z0-9]+", part) else part for part in column]  # AdId
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"\(.*?\)", "", "_".join(words).lower())).strip("_")


def named(head: Head, field: str, taken: Collection[Column] = ()) -> list[Column]:
    """Columns that exports call so, the likeliest first; those that hold lists are none."""
    by_name = {plain_name(column): column for column in reversed(head.columns) if column not in taken}
    columns = [by_name[name] for name in FIELD_NAMES[field] if name in by_name]
    columns += [by_name[name] for end in ENDS.get(field, ()) for name in by_name if name.endswith(end)]
    return [column for column in columns if not any(isinstance(value, list | dict) for value in head.values(column))]


def texts_of(head: Head, column: Column) -> list[str]:
    """The values of a column as people write them, without spaces around them."""
    return [value.strip() if isinstance(value, str) else str(value) for value in head.values(column)]


def given_texts(head: Head, column: Column) -> list[str]:
    """The texts of a column but for those that stand for nothing."""
    return [text for text in texts_of(head, column) if text.lower() not in NOTHING_WORDS]


def is_unique(head: Head, columns: Sequence[Column]) -> bool:
    """Whether no two lines that differ have these values in common; a whole line may stand twice."""
    lines = {repr(sorted(row.items(), key=repr)): row for row in head.rows}.values()
    keys = [tuple(str(row.get(column, "")) for column in columns) for row in lines]
    return bool(keys) and all(key[0] for key in keys) and len(set(keys)) == len(keys)
