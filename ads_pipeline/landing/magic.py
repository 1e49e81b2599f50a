"""What a file is by its first bytes, where it is called text and is none."""

import re

_KINDS = (
    (rb"PK\x03\x04", "a ZIP archive or a spreadsheet (.xlsx)"),
    (rb"\xd0\xcf\x11\xe0", "a spreadsheet (.xls)"),
    (rb"\x1f\x8b", "gzip"),
    (rb"\x28\xb5\x2f\xfd", "Zstandard"),
    (rb"\xfd7zXZ\0", "xz"),
    (rb"BZh[1-9]1AY&SY", "bzip2"),
    (rb"PAR1[\x15\0]", "Parquet"),
    (rb"ARROW1\0\0", "Arrow"),
    (rb"Obj\x01", "Avro"),
    (rb"%PDF-", "a PDF"),
)

START = 16
"""Bytes that tell."""


def kind_of(start: bytes) -> str:
    """What a file is that begins so, in words; empty where it may be text."""
    return next((kind for form, kind in _KINDS if re.match(form, start)), "")
