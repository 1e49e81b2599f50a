"""A producer: sends lines of events to a landing service until each request is acknowledged."""

import logging
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from ads_pipeline.errors import LandingError

log = logging.getLogger(__name__)

TRIES, LONGEST_PAUSE = 12, 15.0
"""How often a request is sent, and the longest pause between (seconds)."""


class Poster:
    """Posts to `URL/v1/events`, several requests at a time. A context manager."""

    def __init__(self, url: str, token: str = "", concurrency: int = 4) -> None:
        self._url = url.rstrip("/").removesuffix("/events").removesuffix("/v1") + "/v1/events"
        headers = {"Content-Type": "application/x-ndjson"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._client = httpx.Client(headers=headers, timeout=httpx.Timeout(60, connect=10))
        self._threads = ThreadPoolExecutor(concurrency)

    def __enter__(self) -> "Poster":
        return self

    def __exit__(self, *exc: Any) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._client.close()

    def post(self, bodies: Sequence[bytes | memoryview]) -> None:
        """Send bodies of NDJSON in any order; returns when all are acknowledged.

        Refused events are the service's to report; a request of nothing but refused ones counts as acknowledged.

        Raises:
            LandingError: the service cannot be reached, or does not take a request.
        """
        for _ in self._threads.map(self._post, bodies):
            pass

    def _post(self, body: bytes | memoryview) -> None:
        """The key makes sending again safe: what was kept without our hearing of it is not kept twice."""
        headers, reason = {"Idempotency-Key": uuid.uuid4().hex}, ""
        for attempt in range(1, TRIES + 1):
            try:
                answer = self._client.post(self._url, content=bytes(body), headers=headers)
            except httpx.TransportError as error:
                answer, reason = None, str(error) or type(error).__name__
            if answer is not None:
                if answer.status_code == 202 or (answer.status_code == 422 and answer.json().get("rejected")):
                    return
                reason = f"{answer.status_code} {answer.text[:300]}"
                if answer.status_code not in (408, 429, 500, 502, 503, 504, 507):
                    break
            log.debug("try %d of %d: %s", attempt, TRIES, reason)
            time.sleep(min(LONGEST_PAUSE, 0.1 * 2**attempt))
        raise LandingError(f"{self._url} does not take events ({reason}): check the URL, the service and ADS_LANDING_TOKEN")
