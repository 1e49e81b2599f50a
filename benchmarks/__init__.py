"""Speed and memory of the pipeline beside bare ClickHouse, measured side by side in one run: `make bench`."""
