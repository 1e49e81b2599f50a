"""What the service knows of rollups, so that a read asks the engine for little more than its rows."""

from weakref import WeakKeyDictionary

from ads_pipeline.api.refusal import ProblemError
from ads_pipeline.errors import SetApartError, UsageError
from ads_pipeline.pipeline.availability import Availability, read_availability
from ads_pipeline.pipeline.rollups import Rollup, kept_select, made_rollup
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.warehouse import Warehouse


class KnownRollups:
    """Rollups that have been read, by name.

    The engine describes one once for as long as its SELECT stays the same. Its availability is asked for before each read of a
    server, and once for each time that an embedded folder is opened: nobody else changes it until it is closed again.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._described = dict[str, Rollup]()
        self._available = WeakKeyDictionary[Warehouse, dict[str, Availability]]()

    def find(self, warehouse: Warehouse, name: str) -> tuple[Rollup, Availability]:
        """A rollup, and what is to be known before its rows are read.

        Raises:
            ProblemError: there is no such rollup (404), or it is set apart (503).
        """
        known = self._available.setdefault(warehouse, {}) if self._settings.is_embedded else {}
        available = known.get(name) or read_availability(warehouse, [name])
        rollup = self._found(warehouse, name, available)
        known[name] = available
        return rollup, available

    def _found(self, warehouse: Warehouse, name: str, available: Availability) -> Rollup:
        try:
            select = kept_select(warehouse, self._settings, name, available.facts)
        except SetApartError as error:
            raise ProblemError(503, str(error)) from error
        except UsageError as error:
            raise ProblemError(404, str(error)) from error
        if name not in self._described or self._described[name].select != select:
            self._described[name] = made_rollup(warehouse, name, select)
        return self._described[name]
