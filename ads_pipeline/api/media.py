"""Media types of answers, and which of them a client likes best."""

from ads_pipeline.api.problems import ProblemError

# media type → format; the first is what is sent to whoever takes anything
MEDIA = {
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "text/csv": "csv",
    "application/vnd.apache.parquet": "parquet",
    "application/vnd.apache.arrow.stream": "arrow",
}


def negotiated(accept: str) -> str:
    """The media type that is liked best (RFC 9110, 12.5.1): for each the most specific range that names it counts.

    Raises:
        ProblemError: 406, none is taken.
    """
    ranges = []
    for place, part in enumerate((accept.strip() or "*/*").split(",")):
        kind, *parameters = [word.strip().lower() for word in part.split(";")]
        quality = next((_number(word[2:]) for word in parameters if word.startswith("q=")), 1.0)
        ranges.append((kind, quality, place))
    liked = {media: found for media in MEDIA if (found := _liking(media, ranges)) and found[0] > 0}
    if not liked:
        raise ProblemError(406, f"there is no {accept!r} to send: ask for {', '.join(MEDIA)}")
    return min(liked, key=lambda media: (-liked[media][0], liked[media][1]))


def _liking(media: str, ranges: list[tuple[str, float, int]]) -> tuple[float, int] | None:
    """Quality and place of the range that a media type falls under."""
    for wanted in (media, f"{media.partition('/')[0]}/*", "*/*"):
        for kind, quality, place in ranges:
            if kind == wanted:
                return quality, place
    return None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
