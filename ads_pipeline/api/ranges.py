"""Range requests (RFC 9110, 14): the bytes that a `Range` header asks for."""

import re

from ads_pipeline.api.refusal import ProblemError

_RANGE = re.compile(r"bytes=([0-9]{0,30})-([0-9]{0,30})")


def requested_range(header: str, size: int) -> tuple[int, int] | None:
    """The first byte and the byte after the last one, of so many; None for a header that may be ignored, such as several ranges.

    Raises:
        ProblemError: 416, the range begins after the end.
    """
    found = _RANGE.fullmatch(header.strip())
    if not found or found.group(1, 2) == ("", ""):
        return None
    if found[1]:
        start, end = int(found[1]), min(int(found[2]) + 1, size) if found[2] else size
        if found[2] and int(found[2]) < start:
            return None
    else:
        start, end = max(0, size - int(found[2])), size
    if start >= end:
        raise ProblemError(416, f"the drop has {size} bytes; the range begins after its end", {"Content-Range": f"bytes */{size}"})
    return start, end
