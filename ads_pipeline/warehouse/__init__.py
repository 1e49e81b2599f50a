"""The engine: connections, statements, migrations, partitions. Only here: clickhouse_connect."""
