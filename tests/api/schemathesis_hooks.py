"""How schemathesis is to write a body of NDJSON."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def ndjson(context: Any, value: Any) -> bytes:
    return str(value).encode(errors="replace")
