"""Media types of answers, and the choice among them that a client asks for by `Accept`."""

from ads_pipeline.api.refusal import ProblemError

# media type → format; the first is sent to clients that accept anything
MEDIA = {
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "text/csv": "csv",
    "application/vnd.apache.parquet": "parquet",
    "application/vnd.apache.arrow.stream": "arrow",
}


def negotiated(accept: str) -> str:
    """The media type that a client prefers (RFC 9110, 12.5.1); of those it likes equally, the first it names.

    The most specific media range that matches a type gives its quality: `text/csv` before `text/*` before `*/*`.

    Raises:
        ProblemError: 406, it accepts none.
    """
    ranges = []
    for position, part in enumerate((accept.strip() or "*/*").split(",")):
        kind, *parameters = [word.strip().lower() for word in part.split(";")]
        quality = next((_number(word[2:]) for word in parameters if word.startswith("q=")), 1.0)
        ranges.append((kind, quality, position))
    accepted = {media: found for media in MEDIA if (found := _preference(media, ranges)) and found[0] > 0}
    if not accepted:
        raise ProblemError(406, f"no format matches Accept {accept[:100]!r}; supported: {', '.join(MEDIA)}")
    return min(accepted, key=lambda media: (-accepted[media][0], accepted[media][1]))


def _preference(media: str, ranges: list[tuple[str, float, int]]) -> tuple[float, int] | None:
    """Quality and position of the most specific range that matches a media type."""
    for wanted in (media, f"{media.partition('/')[0]}/*", "*/*"):
        for kind, quality, position in ranges:
            if kind == wanted:
                return quality, position
    return None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
