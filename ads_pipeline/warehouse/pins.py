"""Settings that correctness rests on. Every connection sets them, whatever the server's or the user's defaults are."""

from collections.abc import Container, Mapping
from typing import Any

# Their defaults differ between versions and servers. Where a newer release has changed what a statement means, it means
# here what it meant before, on every release: a rollup's SELECT gives the same after an upgrade.
PINNED: dict[str, Any] = {
    "async_insert": 0,
    "insert_deduplicate": 0,
    "deduplicate_blocks_in_dependent_materialized_views": 0,
    "materialized_views_ignore_errors": 0,
    "max_partitions_per_insert_block": 0,
    "mutations_sync": 2,
    "alter_sync": 2,
    "session_timezone": "UTC",
    "join_use_nulls": 0,
    "union_default_mode": "ALL",
    "do_not_merge_across_partitions_select_final": 1,
    # reading: a path part is not a column, an empty object not an error, a date has one spelling, a number is the nearest double
    "use_hive_partitioning": 0,
    "s3_skip_empty_files": 1,
    "date_time_input_format": "basic",
    "precise_float_parsing": 1,
}

# The same for settings that only newer releases have: set where the engine knows them.
NEWER_PINNED: dict[str, Any] = {
    # since 26.1 and 26.2 an insert may be dropped as a repeat of another, whatever insert_deduplicate says
    "deduplicate_insert": "disable",
    "deduplicate_insert_select": "disable",
    # reading: dates (26.5), numbers for dates (26.8), names of columns (26.5), JSON in Parquet (25.6)
    "cast_string_to_date_time_mode": "basic",
    "input_format_read_datetime_number_as_raw_value": 1,
    "input_format_column_name_matching_mode": "match_case",
    "input_format_parquet_enable_json_parsing": 0,
    # functions that sources and rollups may call
    "least_greatest_legacy_null_behavior": 1,
    "function_date_trunc_return_type_behavior": 1,
    "parsedatetime_e_requires_space_padding": 1,
    "formatdatetime_e_with_space_padding": 1,
    "formatdatetime_f_prints_scale_number_of_digits": 1,
    "count_matches_stop_at_empty_match": 1,
    "use_legacy_to_time": 1,
    "check_conversion_from_numbers_to_enum": 0,
}

# The embedded engine would map a drop's file into memory: its pages count as the process's own, and a file that is cut off while
# it is read ends the process.
EMBEDDED_PINNED: dict[str, Any] = PINNED | {"storage_file_read_method": "pread"}

# On a server a user's profile may also limit the size of what is dropped, or hide rows from every query: it must not.
SERVER_PINNED: dict[str, Any] = PINNED | {
    "additional_result_filter": "",
    "additional_table_filters": {},
    "enable_parallel_replicas": 0,
    "limit": 0,
    "max_parallel_replicas": 1,  # with more, rows are read twice where a table has no sampling key
    "max_partition_size_to_drop": 0,
    "max_table_size_to_drop": 0,
    "offset": 0,
}

# On a cluster also: where the rows of a batch go, which replica a read asks, how long a node that is away is waited for.
CLUSTER_PINNED: dict[str, Any] = SERVER_PINNED | {
    "alter_sync": 0,  # `sync` waits instead, for all tables at once and for no node that is away
    "distributed_ddl_output_mode": "null_status_on_timeout",
    "distributed_ddl_task_timeout": 15,
    "distributed_foreground_insert": 1,
    "distributed_product_mode": "local",
    "distributed_replica_error_cap": 0,
    "fallback_to_stale_replicas_for_distributed_queries": 0,
    "insert_quorum_timeout": 20_000,
    "load_balancing": "in_order",
    "max_replica_delay_for_distributed_queries": 1,
    "parallel_distributed_insert_select": 0,  # 25.7 and later insert into the shard that they read: rows would not go where they belong
}


def choose_pins(pinned: Mapping[str, Any], known: Container[str]) -> dict[str, Any]:
    """All of `pinned`, and those of newer releases that the engine knows."""
    return dict(pinned) | {name: value for name, value in NEWER_PINNED.items() if name in known}
