"""The production stack in containers, from a fresh clone: `make test-deploy`. Not part of the suite; skips without a Docker engine."""
