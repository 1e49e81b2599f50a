"""The state of each rollup: the tables and views that exist, compared with its SQL file.

The comments of a rollup's table and view have the checksum of the SELECT that they were created with. A table gets the rollup's name
only when it is filled, and its view is created last: a view with the checksum of the table means that the table lacks no rows.
"""

from dataclasses import dataclass, replace
from typing import Literal

from ads_pipeline.contract import CONTRACT_FIELDS
from ads_pipeline.contract.columns import IDENTITY
from ads_pipeline.errors import EngineError, SettingsError
from ads_pipeline.pipeline.apart import is_of_select
from ads_pipeline.pipeline.inventory import Inventory, Table, take_inventory
from ads_pipeline.pipeline.rollup_facts import MADE, PAST, SELECT, Apart, Facts, apart_of, names_in, select_of
from ads_pipeline.pipeline.rollups import Rollup, describe_rollup, follows, refused_files, report_select, rollup_files
from ads_pipeline.pipeline.stated import stated_select
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import Sql
from ads_pipeline.warehouse.warehouse import Warehouse

Kind = Literal["kept", "new", "unfinished", "old", "report", "changed", "apart", "refused", "left", "unknown"]


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a rollup, and in `text` what `ads init` does about it.

    Args:
        select: the SELECT to keep it by: that of its file, or without a file that of its table.
        has_file: whether it has a SQL file.
        reason: what is wrong with it; empty if nothing is.
        is_safe: whether every run does it; a SELECT that somebody has changed waits for `ads init`.
    """

    name: str
    kind: Kind
    select: Sql | None
    has_file: bool
    text: str = ""
    reason: str = ""
    is_safe: bool = True


def all_standings(warehouse: Warehouse, settings: Settings, inventory: Inventory) -> list[Standing]:
    """The state of every rollup that has a file, a table or a note, with files that cannot be used."""
    files, refused = rollup_files(settings), refused_files(settings)
    names = sorted({*files, *names_in(inventory.facts), *inventory.marked_rollups})
    found = [_Look(warehouse, inventory, name, files.get(name)).standing() for name in names]
    found = [standing if standing.has_file or standing.kind == "left" else _orphan(standing) for standing in found]
    return found + [_refused(name, reason) for name, reason in refused.items()]


def look_at_rollups(warehouse: Warehouse, settings: Settings) -> list[Standing]:
    """The state of every rollup, in a database that may not exist yet."""
    return all_standings(warehouse, settings, take_inventory(warehouse))


def orphans(warehouse: Warehouse, settings: Settings) -> dict[str, Standing]:
    """Rollups without a SQL file; `reason` says what that means for each."""
    return {found.name: found for found in look_at_rollups(warehouse, settings) if not found.has_file and found.kind != "left"}


def _orphan(standing: Standing) -> Standing:
    """A rollup without a file, with a reason that says so: it works as long as it is kept."""
    said = {
        "apart": standing.reason,
        "unknown": "its SELECT is unknown, so it is not kept up to date: it is filled again when the file is back",
    }.get(standing.kind, "it is kept up to date by its last SELECT")
    return replace(standing, reason=f"it has no SQL file here; {said}; `ads rollup drop {standing.name}` drops it")


def trouble_of(warehouse: Warehouse, settings: Settings, name: str) -> str:
    """What is wrong with a rollup, in one sentence; empty when it is kept."""
    standings = {found.name: found for found in look_at_rollups(warehouse, settings)}
    return standings[name].reason if name in standings else ""


def _refused(name: str, reason: str, select: Sql | None = None) -> Standing:
    return Standing(name, "refused", select, True, f"set rollup {name} apart: {reason}", reason)


@dataclass(frozen=True, slots=True)
class _Look:
    """Determines the state of one rollup."""

    warehouse: Warehouse
    inventory: Inventory
    name: str
    file: Sql | None

    @property
    def facts(self) -> Facts:
        return self.inventory.facts

    def standing(self) -> Standing:
        table, note = self._table, apart_of(self.facts, self.name)
        if self.file is not None and (taken := self._taken()):
            return _refused(self.name, taken, self.file)
        if self.file is None and not table:
            return self._is("left", f"remove what is left of rollup {self.name}, which has neither a table nor a SQL file")
        select = select_of(self.facts, self._held) if self.file is None else self.file  # an empty file is one, too
        if select is None:
            noted = PAST + self.name in self.facts
            return self._is("unknown", "" if noted else f"note that rollup {self.name} misses new events, as its SELECT is unknown")
        if note and note.select == select.checksum:
            return self._apart(select, note)
        return self._made(select, table) if table else self._new(select)

    def _made(self, select: Sql, table: Table) -> Standing:
        """The rollup has a table."""
        if self._held != select.checksum and (table.checksum or MADE + self.name in self.facts):
            return self._changed(select)
        if not table.checksum and (differing := self._of_other_columns(select, table)):
            return differing
        if reason := self._unfed(select, table):
            text = f"complete rollup {self.name}, as {reason}: its kept days are filled from raw again"
            return self._is("unfinished", text, select, reason)
        if not table.checksum:
            return self._is("old", f"take over rollup {self.name} from an earlier release", select)
        noted = self.facts.get(MADE + self.name) == select.checksum and SELECT + select.checksum in self.facts
        if not noted or not self._is_shown(Rollup(self.name, select, table.types)):
            return self._is("report", f"renew the report of rollup {self.name}", select)
        return self._is("kept", select=select)

    def _of_other_columns(self, select: Sql, table: Table) -> Standing | None:
        """An earlier release created the table, without a checksum: only its columns show whether it belongs to this SELECT."""
        try:
            described = self._described(select)
        except (SettingsError, EngineError) as error:
            return self._unusable(select, error)
        return self._changed(select) if described and set(described.types) != set(table.types) else None

    def _unfed(self, select: Sql, table: Table) -> str:
        """Why the table may lack rows, if it may."""
        view, made = self.inventory.shards.get(f"{self.name}_view"), self.facts.get(MADE + self.name)
        if not table.everywhere:
            return "not every shard has its table"
        if not view or not view.everywhere:
            return "it has no view" if not view else "not every shard has its view"
        if PAST + self.name in self.facts:
            return "events were loaded while its SELECT was unknown"
        if view.checksum != select.checksum and (view.checksum or table.checksum or made != select.checksum):
            return "its view is of another SELECT"
        return ""

    def _is_shown(self, rollup: Rollup) -> bool:
        """Whether its reports, and on a cluster its table of all shards, are up to date."""
        whole, wanted = self.inventory.whole, {rollup.report: report_select(rollup), rollup.stated: stated_select(rollup)}
        is_current = all(name.text in whole and whole[name.text].checksum == select.checksum for name, select in wanted.items())
        return is_current and self.name in whole and whole[self.name].types == rollup.types

    def _new(self, select: Sql) -> Standing:
        try:
            self._described(select)
        except (SettingsError, EngineError) as error:
            return self._unusable(select, error)
        return self._is("new", f"create rollup {self.name}, filled from the raw rows kept", select, "it is not made yet")

    def _changed(self, select: Sql) -> Standing:
        try:
            self._described(select)
        except (SettingsError, EngineError) as error:
            return self._unusable(select, error)
        made, note = self.facts.get(MADE + self.name), apart_of(self.facts, self.name)
        if note and note.select == made:
            text = f"rebuild rollup {self.name}, which was set apart: its SELECT has changed"
            return self._is("changed", text, select, "its SELECT has changed since it was set apart")
        if made == select.checksum:
            text = f"rebuild rollup {self.name}, whose table is of another SELECT, as a change was begun and not finished"
            return self._is("changed", text, select, "its table is of another SELECT")
        if follows(select, self._held):
            return self._is(
                "changed", f"rebuild rollup {self.name}: this release has another SELECT", select, "its SELECT is an earlier release's"
            )
        text = f"rebuild rollup {self.name}: its SELECT has changed"
        return replace(self._is("changed", text, select, "its SELECT has changed: run `ads init`"), is_safe=False)

    def _described(self, select: Sql) -> Rollup | None:
        """The rollup as the engine describes its SELECT; None before the table `events` has the columns of this release."""
        events = self.inventory.whole.get("events")
        is_current = events is not None and {*CONTRACT_FIELDS, *IDENTITY} <= events.types.keys()
        return describe_rollup(self.warehouse, self.name, select) if is_current else None

    def _unusable(self, select: Sql, error: SettingsError | EngineError) -> Standing:
        if isinstance(error, EngineError) and not is_of_select(error):
            raise error
        return self._apart(select, Apart(select.checksum, str(error)))

    def _apart(self, select: Sql, note: Apart) -> Standing:
        return self._is("apart", f"try rollup {self.name} again, which is set apart: {note.reason}", select, f"set apart: {note.reason}")

    def _taken(self) -> str:
        """Whether another table or view has one of its names: then the reason to refuse the rollup."""
        kinds = {self.name: "AggregatingMergeTree", f"{self.name}_view": "MaterializedView"}
        for name, kind in kinds.items():
            live = self.inventory.shards.get(name)
            if live and not live.engine.endswith(kind):
                return f"{name} is a {live.engine} not made by the pipeline: rename sql/rollups/{self.name}.sql, or that table"
        for name in (f"{self.name}_report", f"{self.name}_stated"):
            report = self.inventory.whole.get(name)
            if report and report.engine != "View":
                return f"{name} is a {report.engine} not made by the pipeline: rename sql/rollups/{self.name}.sql, or that table"
        return ""

    @property
    def _table(self) -> Table | None:
        live = self.inventory.shards.get(self.name)
        return live if live and live.engine.endswith("AggregatingMergeTree") else None

    @property
    def _held(self) -> str:
        """The checksum of the SELECT that its table was made from, by its comment or by the note; empty if unknown."""
        return (self._table.checksum if self._table else "") or self.facts.get(MADE + self.name, "")

    def _is(self, kind: Kind, text: str = "", select: Sql | None = None, reason: str = "") -> Standing:
        return Standing(self.name, kind, select, self.file is not None, text, reason)
