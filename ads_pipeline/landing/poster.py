"""A producer: sends lines of events to a landing service until each request is acknowledged."""

import logging
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from ads_pipeline.errors import LandingError, TransientError
from ads_pipeline.landing.http import TRANSIENT_STATUSES, HttpClient, PermanentError, without_password
from ads_pipeline.retrying import retrying

log = logging.getLogger(__name__)

POST_TRIES, FIRST_PAUSE, LONGEST_PAUSE = 12, 0.2, 15.0
"""How often a request is sent, and the seconds between: the first pause, which doubles, and the longest."""


class Poster:
    """Posts to `URL/v1/events`, several requests at a time. A context manager."""

    def __init__(self, url: str, token: str = "", concurrency: int = 4) -> None:
        self._url = url.rstrip("/").removesuffix("/events").removesuffix("/v1") + "/v1/events"
        self._client = HttpClient(self._url, token, {"Content-Type": "application/x-ndjson"}, silence=60)
        self._threads = ThreadPoolExecutor(concurrency)
        self._level = logging.WARNING

    def __enter__(self) -> "Poster":
        return self

    def __exit__(self, *exc: Any) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._client.close()

    def post(self, bodies: Sequence[bytes | memoryview]) -> None:
        """Send bodies of NDJSON in any order; returns when all are acknowledged.

        Refused events are the service's to report; a request in which every event is refused counts as acknowledged.

        Raises:
            LandingError: the service cannot be reached, or does not accept a request.
        """
        for _ in self._threads.map(self._post, bodies):
            pass

    def _post(self, body: bytes | memoryview) -> None:
        """The key makes it safe to send again: what was stored, though no answer came, is not stored twice."""
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        try:
            retrying(tries=POST_TRIES, pause=FIRST_PAUSE, longest_pause=LONGEST_PAUSE, told=self._log)(self._send, bytes(body), headers)
        except (PermanentError, TransientError) as error:
            raise LandingError(
                f"{without_password(self._url)} does not accept events ({error}): check the URL, the service and ADS_LANDING_TOKEN"
            ) from None

    def _log(self, error: TransientError, pause: float) -> None:
        del pause
        log.log(self._level, "%s does not accept events at present, they are sent again: %s", without_password(self._url), error)
        self._level = logging.DEBUG  # one warning is enough

    def _send(self, body: bytes, headers: dict[str, str]) -> None:
        response = self._client.post(self._url, body, headers)
        if response.status_code == 202 or (response.status_code == 422 and _names_refused_events(response)):
            return
        kind = TransientError if response.status_code in TRANSIENT_STATUSES | {507} else PermanentError
        raise kind(f"{response.status_code} {response.text[:300]}".rstrip())


def _names_refused_events(response: httpx.Response) -> bool:
    return response.headers.get("content-type") == "application/problem+json" and bool(response.json().get("rejected"))
