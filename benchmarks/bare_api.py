"""The bare endpoint: parses a body of events and answers. `uvicorn benchmarks.bare_api:app --workers 2`."""

from typing import Any

from fastapi import FastAPI, Request

app = FastAPI()


@app.post("/v1/events", status_code=202)
async def add_events(request: Request) -> dict[str, Any]:
    """Count the events, and keep nothing."""
    return {"accepted": len(await request.json()), "rejected": []}


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    """Answer, as the service does."""
    return {"status": "ok"}
