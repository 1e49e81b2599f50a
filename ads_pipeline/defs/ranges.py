"""Runs over a range of partitions."""


def range_tags(first: str, last: str) -> dict[str, str]:
    """The tags of one run over a range of partition keys, both included."""
    return {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
