"""The SQL that judges lines, and the contract's reference page."""

from typing import Any

from ads_pipeline.contract import CONTRACT_FIELDS, FIELDS, MAX_LINE_BYTES, ContractField, Reason
from ads_pipeline.contract.kinds import (
    DECIMALS,
    DIGITS,
    EXACT_DIGITS,
    MAX_ATTRIBUTES,
    MAX_COUNT,
    MAX_TEXT,
    Amount,
    Choice,
    Code,
    Count,
    EventType,
    Kind,
    Text,
)
from ads_pipeline.contract.patterns import pattern_of
from tools.generate.rendering import render


def judging_sql() -> str:
    """`sql/ingest/contract.sql`."""
    return _judging("contract.sql.jinja", may_lack_fields=False)


def plain_sql() -> str:
    """`sql/ingest/plain.sql`."""
    return _judging("plain.sql.jinja", columns=[f"{field.name} {_read_as(field)}" for field in FIELDS])


def uniform_sql() -> str:
    """`sql/ingest/uniform.sql`."""
    return _judging("uniform.sql.jinja", patterns={field.name: pattern_of(field.kind) for field in FIELDS})


def plain_records_sql() -> str:
    """`sql/ingest/plain_records.sql`."""
    return _judging("plain_records.sql.jinja", may_lack_fields=True)


def _judging(template: str, **values: Any) -> str:
    return render(
        template,
        fields=FIELDS,
        names=CONTRACT_FIELDS,
        texts=_of_kinds(Text),
        words=_of_kinds(EventType, Choice, Code),
        types=_of_kinds(EventType),
        amounts=_of_kinds(Amount),
        counts=_of_kinds(Count),
        number_names=[field.name for field in _of_kinds(Count, Amount)],
        flags=[flag for field in FIELDS for flag in _flags(field)],
        max_line_bytes=MAX_LINE_BYTES,
        max_text=MAX_TEXT,
        max_attributes=MAX_ATTRIBUTES,
        digits=DIGITS,
        decimals=DECIMALS,
        exact_digits=EXACT_DIGITS,
        max_count=MAX_COUNT,
        Reason=Reason,
        **values,
    )


def reference_page() -> str:
    """`docs/contract.md`."""
    return render("contract.md.jinja", fields=FIELDS, reasons=list(Reason))


def _read_as(field: ContractField) -> str:
    """The type that a field is read into: its text, in that of its column if that is text."""
    return field.kind.column if field in _of_kinds(Text, EventType, Choice, Code) else "String"


def _of_kinds(*kinds: type[Kind]) -> list[ContractField]:
    return [field for field in FIELDS if isinstance(field.kind, kinds)]


def _flags(field: ContractField) -> list[str]:
    """The columns of the SQL that say that a line is refused for a field."""
    return ["NOT is_time", "is_expired", "is_future"] if field.name == "event_time" else [f"bad_{field.name}"]
