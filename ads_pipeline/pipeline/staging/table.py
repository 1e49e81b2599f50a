"""How lines enter the tables of a batch, and which drops could not."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from typing import Any

from ads_pipeline.days import EARLIEST_DAY
from ads_pipeline.errors import DropError, EngineError, GoneError, NotFetchedError, TransientError
from ads_pipeline.landing import Format
from ads_pipeline.pipeline.source_heads import SourceHead, SourceHeadError, source_head
from ads_pipeline.pipeline.sources import source_files, source_select
from ads_pipeline.pipeline.staging.formats import PLAIN_LINES, WAITING_LINES
from ads_pipeline.pipeline.staging.intake import Intake
from ads_pipeline.pipeline.staging.items import SOURCE_REMEDY, Item, is_large, reason_of
from ads_pipeline.pipeline.staging.source_errors import failing_line, line_of, of_changed_lines
from ads_pipeline.pipeline.staging.source_plans import SourcePlan, source_plan
from ads_pipeline.pipeline.staging.text import is_plain
from ads_pipeline.pipeline.staging.uniform import MANY, LineForm, common_form
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.connection import Connection
from ads_pipeline.warehouse.error_codes import OF_CONTENT, OF_SELECT, PERMANENT
from ads_pipeline.warehouse.partitions import drop_day
from ads_pipeline.warehouse.statements import NOTHING, Name, Part, Sql, of_batch, statement
from ads_pipeline.warehouse.warehouse import Warehouse

log = logging.getLogger(__name__)

LAST_LINE = (1 << 64) - 1
"""No line has a higher number."""

RECORDS = {"valid": Name("drop"), "aside": Name("drop_no")}
"""The tables of a batch that hold records, and the column that says in which drop each stands."""


@dataclass
class Staging:
    """The tables that one batch is staged in, and the drops that could not enter them.

    Args:
        tables: those of the batch by the names that statements have for them.
        latest, first_day: the contract's bounds: no event is later, no event day is earlier.
        errors: why drops could not be read, by name.
        again: those of them that the next ingest tries again.
        gone: those of them that have left the landing store.
        are_waiting: whether an insert has put lines or records aside.
    """

    warehouse: Warehouse
    settings: Settings
    tables: Mapping[str, Name]
    latest: datetime
    first_day: date
    errors: dict[str, str] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    are_waiting: bool = False
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    plans: dict[str, SourcePlan] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.intake = Intake(self.warehouse, self.tables)

    def refuse(self, name: str, error: DropError) -> None:
        """Leave a drop out, for a reason that says itself what to do."""
        self.errors[name] = str(error)
        self.again |= {name} if isinstance(error, NotFetchedError) else set()
        self.gone |= {name} if isinstance(error, GoneError) else set()
        log.warning("drop %s: %s", name, error)

    def blame(self, item: Item, error: Exception) -> None:
        """Leave out a drop that cannot be read; only until the next ingest if its content may not be the cause.

        Raises:
            EngineError: the cause is the engine or its user, whatever the drop.
        """
        if isinstance(error, EngineError) and error.code in PERMANENT:
            raise error
        if isinstance(error, EngineError) and error.code in OF_SELECT:
            source = item.entry.drop.source
            line = line_of(str(error), source_files(self.settings)[source].text)
            place = f"sql/sources/{source}.sql{f', line {line},' if line else ''}"
            reason = reason_of(error, remedy=f"; {SOURCE_REMEDY}")
            self.refuse(item.entry.drop.name, NotFetchedError(f"{place} cannot be run: {reason}"))
            return
        if not _is_of_content(error):
            self.refuse(item.entry.drop.name, NotFetchedError(reason_of(error, remedy="; the next ingest tries again")))
            return
        self.errors[item.entry.drop.name] = reason_of(error)
        log.warning("drop %s cannot be read: %s", item.entry.drop.name, reason_of(error))

    def by_halves(self, items: Sequence[Item], stage: Callable[[Sequence[Item]], None]) -> None:
        """Stage drops together; if that fails, halves of them, until each drop to blame stands alone."""
        try:
            stage(items)
        except (EngineError, DropError) as error:
            if len(items) == 1 or (isinstance(error, EngineError) and error.code in PERMANENT):
                self.blame(items[0], error)
                return
            middle = len(items) // 2
            self.by_halves(items[:middle], stage)
            self.by_halves(items[middle:], stage)

    @contextmanager
    def insert(
        self, place: Connection | Warehouse, source: str, items: Sequence[Item], lines: Sql, reading: Sql, body: Sql = NOTHING
    ) -> Iterator[tuple[Sql, dict[str, Any]]]:
        """The insert that takes lines through the source's SELECT and the contract, and its parameters: run it on the place, within.

        Lines that it has put aside are judged at the end. If it fails, its drops are taken back.

        Args:
            items: drops that have all their lines here.
            lines: a SELECT of drop_no, line_number, line.
            reading: settings under which the lines are read.
            body: the format of the body that is sent along, if there is one.
        """
        values = self._values(source) | ({"drop_no": items[0].number} if len(items) == 1 else {})
        plan = self.plan(source)
        # a server of an older release plans `contract` for as long as thrice `plain_records`; chDB plans both in no time
        is_worth_it = is_large(items) or not self.warehouse.connection.reads_files
        try:
            if not (plan.takes_keys or (is_worth_it and plan.keeps_lines)):
                yield self._judging(source, lines, reading, body), values
                return
            form = common_form(item.line_form for item in items) if plan.takes_keys else None
            yield self._plain(source, form, lines, reading, body, one_drop=len(items) == 1), values
            self._judge_rest(place, source, values, were_cut=form is not None)
        except TransientError:
            raise
        except Exception:
            self.take_back(items)
            raise

    def _judge_rest(self, place: Connection | Warehouse, source: str, values: dict[str, Any], *, were_cut: bool) -> None:
        """Find out what becomes of the lines and records that an insert has put aside."""
        (found,) = place.rows(self.sql("count_rest"), rest=values["rest"])
        self.are_waiting |= any(map(int, found.values()))
        lines = self.sql("lines_rest")
        if were_cut and int(found["lines"]) >= MANY:
            later = values | {"waiting": values["rest"], "rest": next(self.numbers)}
            place.run(self._plain(source, None, lines, WAITING_LINES.settings, NOTHING, one_drop=False), **later)
            self._judge_rest(place, source, later, were_cut=False)
        elif int(found["lines"]):
            place.run(self._judging(source, lines, WAITING_LINES.settings, NOTHING), **values | {"waiting": values["rest"]})
        if int(found["ignored"]):
            for shard in self.warehouse.shards:
                shard.run(self.sql("keep_ignored"), rest=values["rest"])

    def end(self) -> None:
        """Take out what was put aside, when all of it has been judged: it fills a day of its own, and a day leaves at once."""
        for shard in self.warehouse.shards if self.are_waiting else ():
            drop_day(shard, self.tables["valid"], EARLIEST_DAY)

    def sql(self, name: str, **parts: Part) -> Sql:
        """A statement of `sql/ingest`, filled with the batch's tables and `parts`."""
        return of_batch(f"ingest/{name}", self.tables, **parts)

    def _plain(self, source: str, form: LineForm | None, lines: Sql, reading: Sql, body: Sql, *, one_drop: bool) -> Sql:
        """The insert that puts lines aside which are not plain; with a parameter `drop_no` if they are those of one drop."""
        plan = self.plan(source)
        if form:
            plain = statement("ingest/uniform", lines=lines, **form.parts)
        elif plan.takes_keys:
            plain = statement("ingest/plain", lines=lines)
        else:
            plain = statement("ingest/plain_records", lines=lines, reads_fields=plan.reads_fields, **self._mapping(source))
            reading = plan.in_blocks(reading)
        return self.sql("stage_plain", plain=plain, one_drop=one_drop, reading=reading, body=body)

    def _mapping(self, source: str) -> dict[str, Part]:
        """The parts of a statement that takes lines through the SELECT of a source."""
        plan = self.plan(source)
        return {
            "source": source_select(self.settings, source),
            "batch": self.tables["batch"],
            "several": plan.several,
            "reasoned": plan.reasoned,
        }

    def _judging(self, source: str, lines: Sql, reading: Sql, body: Sql) -> Sql:
        """The insert by the contract, whatever the lines are."""
        self.intake.need()
        contract = statement("ingest/contract", lines=lines, **self._mapping(source))
        reading = self.plan(source).in_blocks(reading)
        return self.sql("stage", contract=contract, reading=reading, body=body)

    def head(self, source: str) -> SourceHead:
        """What the header lines of a source say.

        Raises:
            SourceHeadError: they cannot be used.
        """
        return source_head(source, source_files(self.settings)[source])

    def reads_plain(self, source: str) -> bool:
        """Whether the NDJSON of a source's drops is UTF-8 without lines that are passed over, as engines read it."""
        sources = source_files(self.settings)
        try:
            return source not in sources or is_plain(source_head(source, sources[source]).format, Format("ndjson", ""))
        except SourceHeadError:
            return False

    def _values(self, source: str) -> dict[str, Any]:
        """The parameters of every such insert."""
        bounds = {
            "latest": self.latest,
            "first_day": self.first_day,
            "timezone": self.settings.timezone,
            "event_types": [*self.settings.event_types],
        }
        head = self.head(source)
        return {"id_space": head.ids, "time_zone": head.time_zone, "rest": next(self.numbers), **bounds}

    def plan(self, source: str) -> SourcePlan:
        """What the SELECT of a source does to lines."""
        if source not in self.plans:
            self.plans[source] = source_plan(self.warehouse, source_select(self.settings, source))
        return self.plans[source]

    def is_counted(self, source: str) -> bool:
        """Whether a source may change the number of lines, so that they are gathered and counted before its SELECT."""
        return not self.plan(source).keeps_lines

    def judge(
        self, source: str, items: Sequence[Item], lines: Sql, reading: Sql, via: Connection | None = None, **parameters: object
    ) -> None:
        """Stage lines of drops that the engine (or one of its nodes, `via`) reads itself."""
        place = via or self.warehouse
        if not self.is_counted(source):
            try:
                with self.insert(place, source, items, lines, reading) as (sql, values):
                    place.run(sql, **values | parameters)
                return
            except EngineError as error:
                if len(items) > 1 or error.code not in OF_CONTENT:
                    raise
        # the lines are counted, or the one that fails is looked for
        with self.gathered(place) as gathered:
            place.run(statement("ingest/gather", gathered=gathered, lines=lines, reading=reading, body=NOTHING), **parameters)
            self.judge_gathered(source, items, gathered, place)

    def judge_gathered(self, source: str, items: Sequence[Item], gathered: Name, place: Connection | Warehouse) -> None:
        """Stage lines of drops that were gathered; drops whose number of lines the source changes are refused."""
        numbers = [item.number for item in items]
        lines = statement("ingest/lines_gathered", gathered=gathered)

        def judge(first: int, last: int) -> None:
            with self.insert(place, source, items, lines, PLAIN_LINES.settings) as (sql, values):
                place.run(sql, drops=numbers, first=first, last=last, **values)

        def try_lines(first: int, last: int) -> None:
            judge(first, last)
            self.take_back(items)

        try:
            judge(0, LAST_LINE)
        except EngineError as error:
            if len(items) > 1 or error.code not in OF_CONTENT:
                raise
            length = place.value(statement("ingest/last_line", gathered=gathered), drops=numbers)
            line = failing_line(try_lines, length)
            raise EngineError(f"sources/{source}.sql fails{f' on line {line:,}' if line else ''}: {error}", error.code) from error
        if not self.is_counted(source):
            return
        changed = self.sql("changed_lines", gathered=gathered)
        found = {row["drop_no"]: row for row in place.rows(changed, drops=numbers)}
        refused = [item for item in items if item.number in found]
        self.take_back(refused)
        for item in refused:
            self.refuse(item.entry.drop.name, DropError(of_changed_lines(source, item.entry.drop.name, found[item.number])))

    @contextmanager
    def gathered(self, place: Connection | Warehouse) -> Iterator[Name]:
        """A table for lines as they were read, on one engine."""
        gathered = Name(f"{self.tables['batch'].text}_{next(self.numbers)}_gathered")
        place.run(statement("ingest/gathered_table", gathered=gathered))
        try:
            yield gathered
        except (EngineError, DropError):
            place.run(statement("maintenance/drop_tables", tables=gathered))
            raise
        place.run(statement("maintenance/drop_tables", tables=gathered))

    def take_back(self, items: Sequence[Item]) -> None:
        """Delete the records of drops."""
        for part, column in RECORDS.items() if items else ():
            sql = self.sql("unstage_drops", table=self.tables[part], drop_column=column)
            for shard in self.warehouse.shards:
                shard.run(sql, drops=[item.number for item in items])


def _is_of_content(error: Exception) -> bool:
    """Whether the bytes cause the error; an OSError with errno is the machine's and may pass."""
    if isinstance(error, EngineError):
        return error.code in OF_CONTENT
    return not (isinstance(error, OSError) and error.errno)
