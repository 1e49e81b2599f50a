"""What a sensor's tick passes on to the next one: a model, kept as JSON."""

from typing import Self

from pydantic import BaseModel, ValidationError


class TickCursor(BaseModel):
    """A sensor's cursor; every field has a default."""

    @classmethod
    def read(cls, text: str | None) -> Self:
        """The cursor of the last tick; a new one if that cannot be read (it is of an earlier version)."""
        try:
            return cls.model_validate_json(text or "{}")
        except ValidationError:
            return cls()
