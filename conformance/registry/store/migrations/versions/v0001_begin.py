"""The first tables, and triggers that keep events and judgements from being changed."""

import sqlalchemy as sa
from alembic import op

from conformance.registry.store.tables import Moment

revision = "0001"
down_revision = None

_KEPT = ("events", "judgements")


def upgrade() -> None:
    """Make all tables."""
    _bodies()
    _events()
    _vendors()
    _accounts()
    _products()
    _uploads()
    _versions()
    _runs()
    _systems()
    _waivers()
    _advisories()
    _judgements()
    _statements()
    for table in _KEPT:
        _keep(table)


def _keep(table: str) -> None:
    """Let nobody change or take away a row, whatever program it is."""
    refused = f"{table} are only ever added to"
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_kept_from_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{refused}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{refused}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_kept()"
    )


def _bodies() -> None:
    op.create_table(
        "bodies",
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("kana", sa.String(length=400), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("prefecture", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_bodies")),
    )
    op.create_index(op.f("ix_bodies_prefecture"), "bodies", ["prefecture"], unique=False)
    op.create_index(op.f("ix_bodies_type"), "bodies", ["type"], unique=False)


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=64), nullable=False),
        sa.Column("about", sa.String(length=64), nullable=False),
        sa.Column("about_id", sa.String(length=32), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("what", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_about_about_id"), "events", ["about", "about_id"], unique=False)
    op.create_index(op.f("ix_events_account"), "events", ["account"], unique=False)


def _vendors() -> None:
    op.create_table(
        "vendors",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("corporate_number", sa.String(length=13), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendors")),
        sa.UniqueConstraint("corporate_number", name=op.f("uq_vendors_corporate_number")),
        sa.UniqueConstraint("name", name=op.f("uq_vendors_name")),
    )


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("vendor_id", sa.String(length=32), nullable=True),
        sa.Column("body_code", sa.String(length=6), nullable=True),
        sa.Column("issuer", sa.String(length=400), nullable=False),
        sa.Column("subject", sa.String(length=400), nullable=False),
        sa.Column("token_digest", sa.String(length=80), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("token_until", Moment(), nullable=True),
        sa.Column("disabled_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["body_code"], ["bodies.code"], name=op.f("fk_accounts_body_code")),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_accounts_vendor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_accounts_issuer_subject")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_accounts_token_digest")),
    )
    op.create_index(op.f("ix_accounts_body_code"), "accounts", ["body_code"], unique=False)
    op.create_index(op.f("ix_accounts_vendor_id"), "accounts", ["vendor_id"], unique=False)


def _products() -> None:
    op.create_table(
        "products",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("vendor_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_products_vendor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("vendor_id", "name", name=op.f("uq_products_vendor_id_name")),
    )
    op.create_index(op.f("ix_products_vendor_id"), "products", ["vendor_id"], unique=False)


def _uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("body_code", sa.String(length=6), nullable=False),
        sa.Column("version_id", sa.String(length=32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_uploads_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_account_id"), "uploads", ["account_id"], unique=False)


def _versions() -> None:
    op.create_table(
        "versions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("product_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_versions_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_versions")),
        sa.UniqueConstraint("product_id", "name", name=op.f("uq_versions_product_id_name")),
    )
    op.create_index(op.f("ix_versions_product_id"), "versions", ["product_id"], unique=False)


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("vendor_id", sa.String(length=32), nullable=False),
        sa.Column("version_id", sa.String(length=32), nullable=False),
        sa.Column("body_code", sa.String(length=6), nullable=False),
        sa.Column("party", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("archive", sa.String(length=80), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.String(length=80), nullable=True),
        sa.Column("submitted_at", Moment(), nullable=False),
        sa.Column("assessor_id", sa.String(length=32), nullable=True),
        sa.Column("proposal", sa.JSON(), nullable=True),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_runs_account_id")),
        sa.ForeignKeyConstraint(["assessor_id"], ["accounts.id"], name=op.f("fk_runs_assessor_id")),
        sa.ForeignKeyConstraint(["body_code"], ["bodies.code"], name=op.f("fk_runs_body_code")),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_runs_vendor_id")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_runs_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("evidence", name=op.f("uq_runs_evidence")),
    )
    op.create_index(op.f("ix_runs_account_id"), "runs", ["account_id"], unique=False)
    op.create_index(op.f("ix_runs_archive"), "runs", ["archive"], unique=False)
    op.create_index(op.f("ix_runs_assessor_id"), "runs", ["assessor_id"], unique=False)
    op.create_index(op.f("ix_runs_body_code"), "runs", ["body_code"], unique=False)
    op.create_index(op.f("ix_runs_state"), "runs", ["state"], unique=False)
    op.create_index(op.f("ix_runs_submitted_at"), "runs", ["submitted_at"], unique=False)
    op.create_index(op.f("ix_runs_vendor_id"), "runs", ["vendor_id"], unique=False)
    op.create_index(op.f("ix_runs_version_id"), "runs", ["version_id"], unique=False)


def _systems() -> None:
    op.create_table(
        "systems",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("body_code", sa.String(length=6), nullable=False),
        sa.Column("version_id", sa.String(length=32), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["body_code"], ["bodies.code"], name=op.f("fk_systems_body_code")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_systems_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_systems")),
    )
    op.create_index(op.f("ix_systems_body_code"), "systems", ["body_code"], unique=False)
    op.create_index(op.f("ix_systems_service"), "systems", ["service"], unique=False)
    op.create_index(op.f("ix_systems_version_id"), "systems", ["version_id"], unique=False)


def _waivers() -> None:
    op.create_table(
        "waivers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("requirement", sa.String(length=64), nullable=False),
        sa.Column("body_code", sa.String(length=6), nullable=True),
        sa.Column("version_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.JSON(), nullable=False),
        sa.Column("condition", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("proposed_by", sa.String(length=32), nullable=False),
        sa.Column("approved_by", sa.String(length=32), nullable=True),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["approved_by"], ["accounts.id"], name=op.f("fk_waivers_approved_by")),
        sa.ForeignKeyConstraint(["body_code"], ["bodies.code"], name=op.f("fk_waivers_body_code")),
        sa.ForeignKeyConstraint(["proposed_by"], ["accounts.id"], name=op.f("fk_waivers_proposed_by")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_waivers_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waivers")),
    )
    op.create_index(op.f("ix_waivers_approved_by"), "waivers", ["approved_by"], unique=False)
    op.create_index(op.f("ix_waivers_body_code"), "waivers", ["body_code"], unique=False)
    op.create_index(op.f("ix_waivers_proposed_by"), "waivers", ["proposed_by"], unique=False)
    op.create_index(op.f("ix_waivers_requirement"), "waivers", ["requirement"], unique=False)
    op.create_index(op.f("ix_waivers_state"), "waivers", ["state"], unique=False)
    op.create_index(op.f("ix_waivers_version_id"), "waivers", ["version_id"], unique=False)


def _advisories() -> None:
    op.create_table(
        "advisories",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("body_code", sa.String(length=6), nullable=False),
        sa.Column("vendor_id", sa.String(length=32), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=False),
        sa.Column("remedy_by", sa.Date(), nullable=True),
        sa.Column("drafted_by", sa.String(length=32), nullable=False),
        sa.Column("approved_by", sa.String(length=32), nullable=True),
        sa.Column("remedied_by", sa.String(length=32), nullable=True),
        sa.Column("issued_at", Moment(), nullable=True),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["approved_by"], ["accounts.id"], name=op.f("fk_advisories_approved_by")),
        sa.ForeignKeyConstraint(["body_code"], ["bodies.code"], name=op.f("fk_advisories_body_code")),
        sa.ForeignKeyConstraint(["drafted_by"], ["accounts.id"], name=op.f("fk_advisories_drafted_by")),
        sa.ForeignKeyConstraint(["remedied_by"], ["runs.id"], name=op.f("fk_advisories_remedied_by")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_advisories_run_id")),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_advisories_vendor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advisories")),
    )
    op.create_index(op.f("ix_advisories_approved_by"), "advisories", ["approved_by"], unique=False)
    op.create_index(op.f("ix_advisories_body_code"), "advisories", ["body_code"], unique=False)
    op.create_index(op.f("ix_advisories_drafted_by"), "advisories", ["drafted_by"], unique=False)
    op.create_index(op.f("ix_advisories_run_id"), "advisories", ["run_id"], unique=False)
    op.create_index(op.f("ix_advisories_state"), "advisories", ["state"], unique=False)
    op.create_index(op.f("ix_advisories_vendor_id"), "advisories", ["vendor_id"], unique=False)


def _judgements() -> None:
    op.create_table(
        "judgements",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("suite", sa.String(length=64), nullable=False),
        sa.Column("standing", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_judgements_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgements")),
    )
    op.create_index(op.f("ix_judgements_run_id"), "judgements", ["run_id"], unique=False)


def _statements() -> None:
    op.create_table(
        "statements",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.Column("key_id", sa.String(length=80), nullable=False),
        sa.Column("issued_at", Moment(), nullable=False),
        sa.Column("valid_until", Moment(), nullable=False),
        sa.Column("superseded_by", sa.String(length=32), nullable=True),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_statements_run_id")),
        sa.ForeignKeyConstraint(
            ["superseded_by"],
            ["statements.id"],
            name=op.f("fk_statements_superseded_by"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
        sa.UniqueConstraint("run_id", name=op.f("uq_statements_run_id")),
    )
    op.create_index(op.f("ix_statements_scope"), "statements", ["scope"], unique=False)
    op.create_index(op.f("ix_statements_state"), "statements", ["state"], unique=False)
    op.create_index(op.f("ix_statements_superseded_by"), "statements", ["superseded_by"], unique=False)
    op.create_index(op.f("ix_statements_valid_until"), "statements", ["valid_until"], unique=False)
