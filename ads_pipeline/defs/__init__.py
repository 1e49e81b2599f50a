"""Dagster definitions: one file a concept, thin over `pipeline`. Only here: dagster."""
