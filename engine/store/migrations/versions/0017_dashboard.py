"""Who is signed in to the dashboard, what people did to flows and to all sending, who wrote and waits for an answer; the tally."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


# What the tally counts, in SQL of today: what (states.py), place, detail, the instant, which rows.
RUNS = (
    ("0", "-1", "''", "entered_at", "0 = 0"),
    ("1", "COALESCE(step, -1)", "COALESCE(reason, '')", "COALESCE(exited_at, entered_at)", "status = 2"),
    ("2", "COALESCE(step, -1)", "''", "(entered_at + stayed)", "status < 2"),
)
LEFT = "COALESCE(sent_at, queued_at)"
MESSAGES = (
    ("8", "''", "queued_at", "0 = 0"),
    ("32 + status", "COALESCE(sender, '')", LEFT, "status >= 3"),
    ("9", "COALESCE(reason, '')", LEFT, "status = 10"),
    ("11", "''", "queued_at", "status <> 10 AND skips & 4 > 0"),
)
PEOPLE = (  # each once a step: who clicked, and who wrote behind a message
    "SELECT r.flow, s.number, 0, 16, MIN(e.occurred_at) / 3600000, '', 0, COUNT(DISTINCT e.contact), 0 FROM event e"
    " JOIN run r ON r.id = e.run JOIN step s ON s.flow = r.flow AND s.name = e.data ->> 'step' WHERE e.kind = 2 AND e.pending = 0"
    " GROUP BY r.flow, s.number",
    "SELECT m.flow, m.step, 0, 17, MIN(x.at) / 3600000, '', 0, COUNT(DISTINCT m.contact), 0 FROM (SELECT e.occurred_at AS at,"
    " (SELECT s.id FROM message s WHERE s.contact = e.contact AND s.sent_at <= e.occurred_at"
    " ORDER BY s.sent_at DESC, s.id DESC LIMIT 1) AS id"
    " FROM event e WHERE e.kind = 4 AND e.pending = 0 AND e.contact IS NOT NULL AND e.data ->> 'source' IS NULL) x"
    " JOIN message m ON m.id = x.id GROUP BY m.flow, m.step",
)


def _text() -> sa.types.TypeEngine[str]:
    return sa.String().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "session",
        sa.Column("hash", _text(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("session_of", "session", ["token"], unique=False)
    op.create_table(
        "person_action",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", _text(), nullable=False),
        sa.Column("deed", _text(), nullable=False),
        sa.Column("subject", _text(), nullable=False),
        sa.Column("note", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("person_action_of", "person_action", ["subject", "id"], unique=False)
    op.create_table(
        "thread",
        sa.Column(
            "contact", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("last_event", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("done_up_to", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("may_be_stop", sa.Integer(), server_default="0", nullable=False),
        sa.Column("answer", _text(), nullable=True),
        sa.PrimaryKeyConstraint("contact"),
    )
    op.create_index("thread_last", "thread", ["last_event"], unique=False)
    waiting = sa.text("last_event > done_up_to")
    op.create_index(
        "thread_waiting", "thread", ["may_be_stop", "last_event"], sqlite_where=waiting, postgresql_where=waiting
    )
    op.execute("INSERT INTO flow (name) VALUES ('@people')")
    op.execute("INSERT INTO step (flow, number, name) SELECT id, 0, 'answer' FROM flow WHERE name = '@people'")
    op.execute("INSERT INTO step (flow, number, name) SELECT id, 3, 'away' FROM flow WHERE name = '@answers'")
    _make_tally()


def _make_tally() -> None:
    keys = ("flow", "hour", "what", "place", "deployment")
    op.create_table(
        "tally",
        *(sa.Column(name, sa.Integer(), nullable=False) for name in keys),
        sa.Column("detail", _text(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(*keys, "detail", "slot"),
        sqlite_with_rowid=False,
    )
    for what, place, detail, at, which in RUNS:
        _count("run", f"{at} / 3600000", what, place, "0", detail, "COUNT(*)", "0", which)
    for what, detail, at, which in MESSAGES:
        _count("message", f"{at} / 3600000", what, "step", "deployment", detail, "COUNT(*)", "0", which)
    taken = "(status IN (3, 4, 5, 6) OR (status = 7 AND provider_id IS NOT NULL))"
    count = f"SUM(CASE WHEN {taken} THEN 1 ELSE 0 END)"
    _count("message", f"{LEFT} / 3600000", "10", "step", "deployment", "''", count, "SUM(price)", f"{taken} OR status = 11")
    for sql in PEOPLE:
        op.execute(f"INSERT INTO tally (flow, place, deployment, what, hour, detail, slot, n, cost) {sql}")


def _count(table: str, hour: str, what: str, place: str, deployment: str, detail: str, n: str, cost: str, which: str) -> None:
    """What the tables hold already, by the hour that they tell."""
    op.execute(
        "INSERT INTO tally (flow, hour, what, place, deployment, detail, slot, n, cost)"
        f" SELECT flow, {hour}, {what}, {place}, {deployment}, {detail}, 0, {n}, {cost} FROM {table}"
        f" WHERE {which} GROUP BY 1, 2, 3, 4, 5, 6"
    )
