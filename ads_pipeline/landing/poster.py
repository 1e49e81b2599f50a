"""A producer: sends lines of events to a landing service until each request is acknowledged."""

import logging
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from ads_pipeline.errors import LandingError
from ads_pipeline.landing.exchange import AgainError, RefusedError, judged, new_client, without_password

log = logging.getLogger(__name__)

TRIES, LONGEST_PAUSE = 12, 15.0
"""How often a request is sent, and the longest pause between (seconds)."""


class Poster:
    """Posts to `URL/v1/events`, several requests at a time. A context manager."""

    def __init__(self, url: str, token: str = "", concurrency: int = 4) -> None:
        self._url = url.rstrip("/").removesuffix("/events").removesuffix("/v1") + "/v1/events"
        self._client = new_client(token, {"Content-Type": "application/x-ndjson"}, silent=60)
        self._threads = ThreadPoolExecutor(concurrency)
        self._level = logging.WARNING

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
                return self._send(bytes(body), headers)
            except RefusedError as error:
                raise self._failed(error) from None
            except AgainError as error:
                reason = str(error)
            log.log(self._level, "%s does not take events at present, they are sent again: %s", without_password(self._url), reason)
            self._level = logging.DEBUG  # told once
            time.sleep(min(LONGEST_PAUSE, 0.1 * 2**attempt))
        raise self._failed(reason)

    def _send(self, body: bytes, headers: dict[str, str]) -> None:
        try:
            answer = self._client.post(self._url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise judged(error) from None
        except httpx.InvalidURL:
            raise RefusedError("its URL is none that can be asked for") from None
        if answer.status_code == 202 or (answer.status_code == 422 and _names_refused_events(answer)):
            return
        kind = AgainError if answer.status_code in (408, 429, 500, 502, 503, 504, 507) else RefusedError
        raise kind(f"{answer.status_code} {answer.text[:300]}")

    def _failed(self, reason: object) -> LandingError:
        url = without_password(self._url)
        return LandingError(f"{url} does not take events ({reason}): check the URL, the service and ADS_LANDING_TOKEN")


def _names_refused_events(answer: httpx.Response) -> bool:
    return answer.headers.get("content-type") == "application/problem+json" and bool(answer.json().get("rejected"))
