"""DBOS behind a small door: its profile, its start and end. No duty is understood in here.

DBOS keeps one instance a process, so one Executor runs at a time; several may follow one
another. The profile is that of the durable jobs chapter: its tables are disposable and stand
apart from ours, the truth does not.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from dbos import (
    DBOS,
    DBOSClient,
    DBOSConfig,
    DBOSPortableJSONSerializer,
    EnqueueOptions,
    SetWorkflowID,
    WorkflowSerializationFormat,
    error,
)
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url

APPLICATION: Final = "lagdesk"
VERSION: Final = "1"  # a job is a name: any release can carry out what any other enqueued
QUEUE: Final = "duties"
SCHEMA: Final = "lagdesk_jobs"
_QUEUE_CONCURRENCY: Final = 16
_THREADS: Final = 24
_STOP_POLL_S: Final = 0.2  # DBOS sleeps this long at most before it sees that it should stop
_DELETE_BATCH: Final = 500
_LAST_WORD_S: Final = 1.0
_OUTCOME_POLL_S: Final = 0.02
_JSON: Final = DBOSPortableJSONSerializer()  # its default would pickle

Carry = Callable[[str], Awaitable[None]]
_carry: Carry | None = None  # DBOS registers functions, not objects: the one that runs now


@DBOS.workflow(name="carry", serialization_type=WorkflowSerializationFormat.PORTABLE)
async def _workflow(name: str) -> None:
    if _carry is not None:
        await _carry(name)


class Executor:
    """Executes names durably: `start` here at once, or `enqueue` for whoever polls.

    A worker launches DBOS inside the running loop; anybody else only writes through its client.
    """

    def __init__(self, url: str, *, executor_id: str, poll_s: float) -> None:
        self._url = url
        self._executor_id = executor_id
        self._poll_s = poll_s
        self._engine: Engine | None = None
        self._client: DBOSClient | None = None
        self._launched = False

    async def open(self, carry: Carry | None) -> None:
        """Begin; with `carry`, execute what is started or enqueued."""
        global _carry  # noqa: PLW0603 - see there
        if carry is not None and _carry is not None:
            raise RuntimeError("another worker runs in this process already")
        _quieten()
        await asyncio.to_thread(self._prepare)
        if carry is not None:
            await self._register_queue()
            _carry = carry
            try:
                _launch(self._config())
            except BaseException:
                _carry = None
                raise
            self._launched = True

    async def start(self, job: str, name: str) -> bool:
        """Execute a job here and now; False when one of this id was begun or enqueued before."""
        with SetWorkflowID(job, workflow_id_reuse_policy="reject"):
            try:
                await DBOS.start_workflow_async(_workflow, name)
            except error.DBOSWorkflowIDInUseError:
                return False
        return True

    async def enqueue(self, job: str, name: str) -> None:
        """Leave a job to whoever polls; nothing happens when its id is known already."""
        options: EnqueueOptions = {
            "workflow_name": "carry",
            "queue_name": QUEUE,
            "workflow_id": job,
            "app_version": VERSION,
            "serialization_type": WorkflowSerializationFormat.PORTABLE,
        }
        await self._open_client().enqueue_async(options, name)

    async def job_status(self, job: str) -> tuple[str, str | None] | None:
        """Return a job's status and the executor that has it, None when there is no such job."""
        found = await self._open_client().list_workflows_async(
            workflow_ids=[job], load_input=False, load_output=False
        )
        return (found[0].status, found[0].executor_id) if found else None

    async def delete_older(self, age: dt.timedelta) -> int:
        """Delete jobs older than this, whatever became of them; returns how many.

        DBOS stamps its rows with the machine's clock, so that clock it is.
        """
        moment = dt.datetime.now(dt.UTC) - age
        deleted = 0
        while True:
            old = await self._open_client().list_workflows_async(
                end_time=moment.isoformat(),
                limit=_DELETE_BATCH,
                load_input=False,
                load_output=False,
            )
            if not old:
                return deleted
            await self._open_client().delete_workflows_async([job.workflow_id for job in old])
            deleted += len(old)

    async def close(self) -> None:
        """End; DBOS joins its threads, which must not block the loop it runs jobs in."""
        loop = asyncio.get_running_loop()
        if self._launched:
            await self._await_outcomes(loop.time() + _LAST_WORD_S)
        ended: asyncio.Future[None] = loop.create_future()
        thread = threading.Thread(target=self._destroy, args=(loop, ended), name="jobs-close")
        thread.start()
        await ended
        thread.join()
        if self._launched:  # DBOS made its own pool the loop's, and has just shut it down
            loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio"))
            self._launched = False

    async def _register_queue(self) -> None:
        """Before the launch: DBOS looks for queues that came later only once a second."""
        await self._open_client().register_queue_async(
            QUEUE,
            worker_concurrency=_QUEUE_CONCURRENCY,
            polling_interval_sec=self._poll_s,
            application_name=APPLICATION,
        )

    async def _await_outcomes(self, until: float) -> None:
        """Wait until DBOS has written down what became of the jobs that ran here."""
        while asyncio.get_running_loop().time() < until:
            pending = await self._open_client().list_workflows_async(
                status="PENDING",
                executor_id=self._executor_id,
                limit=1,
                load_input=False,
                load_output=False,
            )
            if not pending:
                return
            await asyncio.sleep(_OUTCOME_POLL_S)

    def _destroy(self, loop: asyncio.AbstractEventLoop, ended: asyncio.Future[None]) -> None:
        global _carry  # noqa: PLW0603 - see there
        try:
            if self._launched:
                DBOS.destroy()
                _carry = None
            if self._client is not None:
                self._client.destroy()
            if self._engine is not None:
                self._engine.dispose()
        finally:
            self._client = self._engine = None
            loop.call_soon_threadsafe(ended.set_result, None)

    def _prepare(self) -> None:
        if make_url(self._url).get_backend_name() == "sqlite":
            self._engine = _create_sqlite_engine(self._url)
            self._engine.connect().close()  # write-ahead log before anybody else opens it
        DBOS.migrate(self._url, schema=SCHEMA)

    def _open_client(self) -> DBOSClient:
        if self._client is None:
            self._client = DBOSClient(
                system_database_url=self._url,
                system_database_engine=self._engine,
                dbos_system_schema=SCHEMA,
                serializer=_JSON,
                application_name=APPLICATION,
                system_database_pool_size=2,
                lazy=True,
            )
        return self._client

    def _config(self) -> DBOSConfig:
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_url": self._url,
            "dbos_system_schema": SCHEMA,
            "application_version": VERSION,
            "executor_id": self._executor_id,
            "serializer": _JSON,
            "log_level": "WARNING",
            "enable_otlp": False,
            "run_migrations": False,
            "use_listen_notify": False,
            "notification_listener_polling_interval_sec": _STOP_POLL_S,
            "max_executor_threads": _THREADS,
            "sys_db_pool_size": 5,
        }
        if self._engine is not None:
            config["system_database_engine"] = self._engine
        return config


def _launch(config: DBOSConfig) -> None:
    """Launch in the loop on purpose: what DBOS executes then runs in this loop."""
    try:
        DBOS(config=config)
        DBOS.listen_queues([QUEUE])
        DBOS.launch()
    except BaseException:
        DBOS.destroy()
        raise


def _quieten() -> None:
    """Let DBOS's logger speak through ours; it adds a console handler only if it has none."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.propagate = True
    logger.setLevel(logging.WARNING)


def _create_sqlite_engine(url: str) -> Engine:
    engine = create_engine(url)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: Any) -> None:
    """What DBOS sets on connections of its own, and a write-ahead log."""
    _ = record
    connection.isolation_level = "IMMEDIATE"
    connection.execute("PRAGMA busy_timeout=30000")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
