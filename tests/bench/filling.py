"""Millions of tickets for the benchmarks of the lists, created and indexed inside the database.

At every size the last two weeks and the unresolved tickets are alike; only the number of older
tickets differs. The search terms come from the product's own tokenizer, once for each text.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, Engine, text
from sqlmodel import Session, SQLModel, col, select

from bot.store import Store
from bot.store.models import ThreadReply
from bot.store.tickets import search_index
from bot.store.tickets.tokenizer import index_terms
from bot.ticket import Ticket

TEAM: Final = "T1"
NOW: Final = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
WEEKLY: Final = 400  # tickets in each of the last two weeks; a quarter of them are not resolved
RARE: Final = "陨石"  # in twenty tickets, the last of them long ago
FADED: Final = "花屏"  # in half of the old tickets, and in none of the newer ones
_COMMENTS: Final = (
    "视频卡顿，老师画面一直转圈", "听不清老师说话，声音断断续续", "学生黑屏了，重进教室才好",
    "The screen froze for half a minute", "No sound from the teacher", "画面模糊，音画不同步",
    "Weak wifi at the student's home, video keeps freezing", "切课后连不上", "声音有回声",
    "Audio cuts out every few seconds on a 4G network", "老师掉线三次", "一直在重连",
)  # fmt: skip
_REPLIES: Final = ("让家长换到 5G 网络", "asked the parent to restart the router", "已经联系老师")
_ROOMS: Final = 5000
_ASIDES: Final = ("", f"，{RARE}", f"，{FADED}")
_CHECKED: Final = 40

_SERIES: Final = {
    "sqlite": "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < :size)"
    " SELECT n FROM s)",
    "postgresql": "generate_series(1, :size) AS series(n)",
}
_MOMENT: Final = {
    "sqlite": "strftime('%Y-%m-%d %H\\:%M\\:%S.000000', {0}, 'unixepoch')",
    "postgresql": "(to_timestamp({0}) AT TIME ZONE 'UTC')",
}
# What a number n is made into; two weeks of a ticket each 25 minutes, one each 5 before them.
_PLAN: Final = """
    CREATE TEMPORARY TABLE plan AS
    SELECT n, n % 12 AS comment, n % 5000 AS room, n * 7 % 400 AS reporter, n * 3 % 20 AS assignee,
        CASE WHEN n % 7 < 2 THEN 'adults' ELSE 'kids' END AS app,
        CASE n % 11 WHEN 0 THEN '' WHEN 1 THEN 'unknown' WHEN 2 THEN 'device.cpu_high'
            WHEN 3 THEN 'network.wifi_weak' ELSE 'network.loss' END AS cause,
        CASE WHEN n <= :size - :recent OR n % 4 > 0 THEN 'resolved'
            WHEN n % 8 = 0 THEN 'open' ELSE 'claimed' END AS status,
        CASE n % 32 WHEN 0 THEN 3 WHEN 4 THEN 1 ELSE 0 END AS urgency,
        CASE WHEN n > :size * 3 / 5 THEN 0 WHEN n % (:size * 3 / 100) = 1 THEN 1
            WHEN n % 2 = 0 THEN 2 ELSE 0 END AS aside,
        CASE WHEN n % 5 = 0 THEN n / 5 % 3 ELSE -1 END AS reply,
        CASE WHEN n > :size - :recent THEN :now - (:size - n) * (604800 / :weekly)
            ELSE :now - 1209600 - (:size - :recent - n) * 300 END AS filed
    FROM {series}
"""
_TICKETS: Final = """
    INSERT INTO ticket (number, team, origin, status, app, cloud, cname, teacher_uid, student_uid,
        abnormal_side, issue_type, occurred_at, created_at, comments, reporter, assignee,
        claimed_at, resolved_at, resolver, resolution, resolved_cause, cause, at_fault_uid,
        urgency, revision)
    SELECT n, :team, 'V' || (10000000 + n), status, app, 'agora', room.content,
        '' || (10000 + n % 3000), '' || (50000 + n % 30000), 'student', 3, {filed}, {filed},
        comment.content || aside.content, 'U0' || (100 + reporter), 'S0' || (10 + assignee),
        CASE WHEN status = 'open' THEN NULL ELSE {claimed} END,
        CASE WHEN status = 'resolved' THEN {resolved} END,
        CASE WHEN status = 'resolved' THEN 'S0' || (10 + assignee) END,
        CASE WHEN status = 'resolved' THEN :resolution ELSE '' END, '', cause, '', urgency, 2
    FROM plan JOIN words AS comment ON comment.kind = 'comment' AND comment.position = plan.comment
    JOIN words AS room ON room.kind = 'room' AND room.position = plan.room
    JOIN words AS aside ON aside.kind = 'aside' AND aside.position = plan.aside ORDER BY n
"""
_THREADS: Final = """
    INSERT INTO ticket_thread (ticket, channel, card_ts, permalink, diagnosis_ts, chart_file_id,
        chart_alt_text, incident_permalink)
    SELECT n, 'C1', n || '.0', 'https\\://slack.test/p' || n, '', '', '', '' FROM plan ORDER BY n
"""
_CLOUD_REPORTS: Final = """
    INSERT INTO cloud_report (ticket, state, attempts)
    SELECT n, 'accepted', 1 FROM plan ORDER BY n
"""
_JOBS: Final = """
    INSERT INTO job (name, kind, ticket, arguments, partition, attempt, due_at, finished_at, rerun,
        failures, last_error)
    SELECT 'card\\:LD-' || n, 'card', n, '[]', 'T1/escalations', 1, {moment}, {moment}, false, 0, ''
    FROM {series}
"""
_INSERT_REPLIES: Final = """
    INSERT INTO thread_reply (team, channel, ts, ticket, person, text)
    SELECT :team, 'C1', n || '.1', n, 'S010', words.content
    FROM plan JOIN words ON words.kind = 'reply' AND words.position = plan.reply
"""
_TERMS: Final = """
    INSERT INTO ticket_search ({key}, terms)
    SELECT n, {cut}('=b\\:' || (n >> 14) || ' =team\\:t1 =cloud\\:agora =status\\:' || status
        || ' =app\\:' || app || ' =cname\\:' || room.content || ' =reporter\\:u0' || (100 + reporter)
        || ' =assignee\\:s0' || (10 + assignee)
        || CASE WHEN cause = '' THEN '' ELSE ' =cause\\:' || cause END
        || CASE WHEN status = 'resolved' THEN :resolution ELSE '' END
        || room.terms || comment.terms || aside.terms || coalesce(reply.terms, ''){end}
    FROM plan JOIN words AS comment ON comment.kind = 'comment' AND comment.position = plan.comment
    JOIN words AS room ON room.kind = 'room' AND room.position = plan.room
    JOIN words AS aside ON aside.kind = 'aside' AND aside.position = plan.aside
    LEFT JOIN words AS reply ON reply.kind = 'reply' AND reply.position = plan.reply ORDER BY n
"""
_RESOLUTION: Final = "换了网络之后恢复"


def fill(store: Store, size: int) -> None:
    """Put so many tickets into an empty database and index them."""
    indexes = SQLModel.metadata.tables["ticket"].indexes
    with store.engine.begin() as connection:
        _prepare(connection)
        for each in indexes:
            each.drop(connection)
        _write(connection, size)
        for each in indexes:
            each.create(connection)
        if not store.is_sqlite:
            connection.exec_driver_sql(search_index.INDEX_POSTGRES)
    _settle(store.engine)
    with Session(store.engine) as session:
        _check(session)


def fill_jobs(store: Store, size: int) -> None:
    """Put so many finished jobs into a database, as of the last hour's tickets."""
    dialect = store.engine.dialect.name
    moment = _MOMENT[dialect].format(":now - 1800")
    with store.engine.begin() as connection:
        connection.execute(
            text(_JOBS.format(series=_SERIES[dialect], moment=moment)),
            {"size": size, "now": NOW.timestamp()},
        )
    _settle(store.engine)


def _prepare(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA synchronous=OFF")
        connection.exec_driver_sql("PRAGMA cache_size=-400000")
        connection.exec_driver_sql("BEGIN")
        return
    for setting in ("maintenance_work_mem = '512MB'", "work_mem = '256MB'", "jit = off"):
        connection.exec_driver_sql(f"SET LOCAL {setting}")
    connection.exec_driver_sql("DROP INDEX ix_ticket_search")
    for table in ("ticket_thread", "cloud_report", "ticket", "thread_reply", "ticket_search"):
        connection.exec_driver_sql(f"ALTER TABLE {table} SET UNLOGGED")


def _write(connection: Connection, size: int) -> None:
    kind = connection.dialect.name
    is_sqlite = kind == "sqlite"
    connection.execute(
        text("CREATE TEMPORARY TABLE words (kind TEXT, position INTEGER, content TEXT, terms TEXT)")
    )
    connection.execute(
        text("INSERT INTO words VALUES (:kind, :position, :content, :terms)"), _words()
    )
    connection.execute(text("CREATE UNIQUE INDEX words_position ON words (kind, position)"))
    parameters = {"size": size, "recent": 2 * WEEKLY, "weekly": WEEKLY, "now": int(NOW.timestamp())}
    connection.execute(text(_PLAN.format(series=_SERIES[kind])), parameters)
    if not is_sqlite:  # its planner has to know how many they are
        connection.execute(text("ANALYZE words, plan"))
    moments = {
        name: _MOMENT[kind].format(f"filed + {after_s}")
        for name, after_s in (("filed", 0), ("claimed", 300), ("resolved", 1800))
    }
    connection.execute(text(_TICKETS.format(**moments)), {"team": TEAM, "resolution": _RESOLUTION})
    for statement in (_THREADS, _CLOUD_REPORTS):
        connection.execute(text(statement))
    connection.execute(text(_INSERT_REPLIES), {"team": TEAM})
    cut = ("", ")") if is_sqlite else ("array_to_tsvector(string_to_array", ", ' '))")
    made = _TERMS.format(key="rowid" if is_sqlite else "number", cut=cut[0], end=cut[1])
    connection.execute(text(made), {"resolution": _terms(_RESOLUTION)})
    for table in ("words", "plan"):
        connection.execute(text(f"DROP TABLE {table}"))


def _words() -> list[dict[str, Any]]:
    contents: dict[str, Iterable[str]] = {
        "comment": _COMMENTS,
        "aside": _ASIDES,
        "reply": _REPLIES,
        "room": (f"class_{number}_{number % 7}" for number in range(_ROOMS)),
    }
    return [
        {"kind": kind, "position": position, "content": each, "terms": _terms(each)}
        for kind, texts in contents.items()
        for position, each in enumerate(texts)
    ]


def _terms(content: str) -> str:
    return "".join(f" {term}" for term in sorted(index_terms(content)))


def _settle(engine: Engine) -> None:
    """Run ANALYZE on PostgreSQL, as autovacuum would; the product never does so on SQLite."""
    if engine.dialect.name != "sqlite":
        with engine.connect() as connection:
            outside = connection.execution_options(isolation_level="AUTOCOMMIT")
            outside.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


def _check(session: Session) -> None:
    """Check that the index contains what the product would have written."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    query = (
        "SELECT terms FROM ticket_search WHERE rowid = :number"
        if is_sqlite
        else "SELECT array_to_string(tsvector_to_array(terms), ' ') FROM ticket_search"
        " WHERE number = :number"
    )
    statement = select(Ticket).limit(_CHECKED)
    oldest = session.exec(statement.order_by(col(Ticket.number)))
    for ticket in (*oldest, *session.exec(statement.order_by(col(Ticket.number).desc()))):
        replies = session.exec(select(ThreadReply.text).where(ThreadReply.ticket == ticket.number))
        expected = search_index.ticket_terms(ticket, replies)
        indexed = session.connection().execute(text(query), {"number": ticket.number}).scalar_one()
        if expected != set(str(indexed).split()):
            msg = (
                f"ticket {ticket.number} is indexed differently: {expected ^ set(indexed.split())}"
            )
            raise RuntimeError(msg)
