"""The landing service and the analytics API, over HTTP. Only here: fastapi."""
