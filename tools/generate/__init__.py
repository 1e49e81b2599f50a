"""Files that are made from the event contract and the settings, committed, and compared by a test.

`make generate` writes them. Each module makes one sort: `contract` the SQL that judges lines and the reference page, `migrations`
what an existing database lacks, `configuration` the settings' page and `.env.example`, `compose` what the compose files pass on.
"""

from pathlib import Path

from tools.generate import compose, configuration, contract, migrations

ROOT = Path(__file__).parents[2]


def generated_files() -> dict[str, str]:
    """The text of every generated file by its path in the repository."""
    return {
        "sql/ingest/contract.sql": contract.judging_sql(),
        "sql/ingest/plain.sql": contract.plain_sql(),
        "sql/ingest/plain_records.sql": contract.plain_records_sql(),
        "sql/ingest/uniform.sql": contract.uniform_sql(),
        "docs/contract.md": contract.reference_page(),
        "docs/configuration.md": configuration.reference_page(),
        ".env.example": configuration.example_file(ROOT),
        **compose.compose_files(ROOT),
    } | migrations.lacking_migrations(ROOT / "sql" / "migrations")
