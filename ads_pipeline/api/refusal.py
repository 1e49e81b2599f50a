"""The refusal of a request, before it is an answer: raised without FastAPI, so that the judging process can raise it too."""

from typing import Any


class ProblemError(Exception):
    """Ends a request with a problem (RFC 9457); `more` are additional members of it."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.more = status, detail, headers, more
