"""What runs work with: an engine that is opened late and closed soon, and the landing store.

What belongs here: opening, the translation of errors for Dagster's retries, and what a run does that is cancelled. What does not: any verb.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import dagster as dg

from ads_pipeline.defs.alive import giving_signs
from ads_pipeline.errors import AdsError, TransientError
from ads_pipeline.interrupts import INTERRUPTED, answering_interrupts
from ads_pipeline.landing import LandingStore, open_store
from ads_pipeline.pipeline.run import Run, open_run, open_to_read
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.warehouse import Warehouse

POOL = "engine"
"""Pool of everything that opens the engine; `dagster.yaml` limits it to one run at a time."""

CANCELLED = "Cancelled: ends within seconds. The next run settles what this one has begun, and loads the rest."
"""What a run says that is interrupted."""

RETRIES = 3
RETRY_SECONDS = 30


class Engine:
    """Opens the warehouse and the landing store of the settings, for the length of a step."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @contextmanager
    def running(self, asset: str, run_id: str) -> Iterator[Run]:
        """A run of a verb that has begun, its statements tagged with asset and Dagster's run.

        Another writer, or an embedded folder in use by another process, is waited for.

        Raises:
            dagster.RetryRequested: a transient error; tried again a bounded number of times.
            dagster.Failure: a permanent error, which no retry repeats.
        """
        with translated_errors(), open_run(self.settings) as run, run.warehouse.tagged(asset=asset, run=run_id):
            yield run

    @contextmanager
    def reading(self, asset: str, run_id: str) -> Iterator[Warehouse]:
        """A warehouse that is open to read; errors and tags as with `running`."""
        with translated_errors(), open_to_read(self.settings) as warehouse, warehouse.tagged(asset=asset, run=run_id):
            yield warehouse

    def store(self) -> LandingStore:
        """The landing store."""
        return open_store(self.settings)


def build_engine(settings: Settings) -> dg.ResourceDefinition:
    """The resource `engine`. A run that has it gives signs of life from its first step to its last, and ends soon when it is cancelled."""

    @dg.resource(description="The engine and the landing store of the settings, opened by steps for as long as they last.")
    def engine(context: dg.InitResourceContext) -> Iterator[Engine]:
        with ExitStack() as stack:
            if context.run and context.instance:
                stack.enter_context(giving_signs(context.instance, context.run.run_id))
                stack.enter_context(ending_when_cancelled(context.instance, context.run))
            yield Engine(settings)

    return engine


@contextmanager
def ending_when_cancelled(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Iterator[None]:
    """Within it, a run that is cancelled says what happens, and ends, whatever the engine does."""

    def end() -> None:
        now = instance.get_run_by_id(run.run_id)
        if now and now.status == dg.DagsterRunStatus.CANCELING:
            instance.report_run_canceled(now)
        os._exit(INTERRUPTED)

    with answering_interrupts(lambda: _tell(instance, run), end):
        yield


def _tell(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    instance.report_engine_event(CANCELLED, run)


@contextmanager
def translated_errors() -> Iterator[None]:
    """Expected errors as Dagster's: transient ones ask for a retry, permanent ones refuse it."""
    try:
        yield
    except TransientError as error:
        # of a step that fails in the end, Dagster shows the sentence of this cause
        raise dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=RETRY_SECONDS) from dg.Failure(description=str(error))
    except AdsError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from None  # the sentence says it: no trace of traces over it
