"""Zstandard: of Python itself from 3.14 on, which the package of the same interface is not for."""

import sys

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["zstd"]
