"""Conditional requests (RFC 9110, 13): whether a client has, or means, the current version."""


def names_etag(header: str, etag: str, *, weak: bool = True) -> bool:
    """Whether `If-Match` or `If-None-Match` names this ETag (with its quotes) or is `*`; `weak` compares weakly."""
    tags = [tag.strip() for tag in header.split(",")]
    return tags == ["*"] or etag in tags or (weak and f"W/{etag}" in tags)
