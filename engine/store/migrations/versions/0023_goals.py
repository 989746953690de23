"""Goals, their orders and refunds, and who drew which branch of a split."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def _text() -> sa.types.TypeEngine[str]:
    return sa.String().with_variant(sa.Text(collation="C"), "postgresql")


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _big(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "goal",
        _id(),
        sa.Column("name", _text(), nullable=False),
        sa.Column("counts", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        *map(_big, ("click", "delivered", "reached", "last")),
        _big("crediting", nullable=True),
        sa.Column("dropped", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _orders()
    op.create_table(
        "goal_refund",
        sa.Column("goal", sa.Integer(), nullable=False),
        sa.Column("event", sa.BigInteger(), autoincrement=False, nullable=False),
        _big("contact"),
        sa.Column("order_id", _text(), nullable=False),
        _big("value"),
        sa.PrimaryKeyConstraint("goal", "event"),
        sqlite_with_rowid=False,
    )
    op.create_index("goal_refund_of", "goal_refund", ["goal", "order_id"])
    op.create_table(
        "drawn",
        sa.Column("contact", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("flow", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("way", _text(), nullable=False),
        _big("at"),
        _big("clicked_at", nullable=True),
        sa.PrimaryKeyConstraint("contact", "flow", "step"),
        sqlite_with_rowid=False,
    )
    op.create_index("drawn_of", "drawn", ["flow", "step", "way", "at"])


def _orders() -> None:
    touches = [
        sa.Column(f"{what}_{name}", sa.BigInteger() if name in ("at", "run") else sa.Integer(), nullable=True)
        for what in ("clicked", "delivered")
        for name in ("at", "run", "flow", "step")
    ]
    op.create_table(
        "goal_order",
        _id(),
        sa.Column("goal", sa.Integer(), nullable=False),
        sa.Column("order_id", _text(), nullable=True),
        _big("contact"),
        _big("event", nullable=True),
        _big("at"),
        sa.Column("currency", _text(), nullable=False),
        _big("value"),
        sa.Column("refunded", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("net", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("how", _text(), nullable=True),
        sa.Column("flow", sa.Integer(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=True),
        *touches,
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("goal_order_key", "goal_order", ["goal", "order_id"], unique=True)
    op.create_index("goal_order_of", "goal_order", ["contact", "at"])
    op.create_index("goal_order_credit", "goal_order", ["goal", "flow", "step", "how", "currency", "at", "net"])
    op.create_index("goal_order_at", "goal_order", ["goal", "at", "how", "currency", "net"])
