"""The event: its fields, in the order of columns and reasons.

To add an optional field, add one line to `Event` and run `make generate`.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ads_pipeline.contract.kinds import MAX_ATTRIBUTES, Amount, Attributes, Choice, Code, Count, EventType, Kind, Text, Time
from ads_pipeline.contract.strict_json import InexactNumber, JsonObject, compact

DEVICES = ("desktop", "mobile", "tablet", "ctv", "other")

_AMBIGUOUS = object()
"""Stands for the value of a repeated key: no field accepts it."""


def _with_rules(schema: dict[str, Any]) -> None:
    """Describe each property by its meaning and its rule."""
    for field in FIELDS:
        schema["properties"][field.name]["description"] = f"{field.description}. Rule: {field.kind.rule}"


class Event(BaseModel):
    """One advertising event, as a JSON object. A key with `null` is as absent; a repeated key is invalid.

    Keys that are not named here become attributes: a string as it is, any other value as its compact JSON text.
    """

    model_config = ConfigDict(frozen=True, json_schema_extra=_with_rules)

    event_id: Annotated[str, Text(required=True, control_characters=False)] = Field(
        description="Identity of the event, with its day, its type and its id space; the same again is a duplicate or a correction",
        examples=["1027c4d1c386bbc4cd613e30d8f16adf"],
    )
    event_time: Annotated[datetime, Time()] = Field(
        description="When it happened",
        examples=["2026-11-01T10:00:00.250Z", "2026-11-01T12:00:00+02:00"],
    )
    event_type: Annotated[str, EventType()] = Field(description="What happened", examples=["impression"])
    campaign_id: Annotated[str, Text(required=True, few_values=True)] = Field(
        description="Campaign that the event belongs to", examples=["c001", 4711]
    )
    ad_id: Annotated[str, Text()] = Field("", description="Ad that was shown", examples=["a0507"])
    publisher_id: Annotated[str, Text(few_values=True)] = Field("", description="Site or app that showed it", examples=["p48"])
    user_id: Annotated[str, Text()] = Field(
        "", description="Pseudonymous user; distinct users are counted over non-empty ones", examples=["u235662"]
    )
    country: Annotated[str, Code("[A-Z]{2}", "two letters A to Z")] = Field("", description="ISO 3166 code of the country", examples=["DE"])
    device: Annotated[str, Choice(DEVICES)] = Field("", description="Kind of device", examples=["mobile"])
    quantity: Annotated[int, Count()] = Field(
        1, description="How many events the row stands for, where a report has sums; rollups add it up", examples=[1, 250]
    )
    cost: Annotated[Decimal, Amount()] = Field(Decimal(0), description="What the advertiser pays", examples=[0.003796, -12.5])
    revenue: Annotated[Decimal, Amount()] = Field(Decimal(0), description="What the event earned the advertiser", examples=[19.99])
    attributes: Annotated[dict[str, str], Attributes()] = Field(
        default={}, description="Anything else, as strings; sorted by key", examples=[{"os": "ios"}]
    )

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, data: Any) -> Any:
        """Leave out nulls, mark repeated keys, and move the keys that have no field to the attributes."""
        if not isinstance(data, dict):
            return data
        repeated = _repeated(data)
        given = {key: _AMBIGUOUS if key in repeated else value for key, value in data.items()}
        given = {key: value for key, value in given.items() if value is not None}
        event = {name: given.pop(name) for name in cls.model_fields if name in given}
        own = event.get("attributes", {})
        if isinstance(own, dict):
            event["attributes"] = _merged(own, given)
        return event


def _merged(own: dict[str, Any], unnamed: dict[str, Any]) -> Any:
    members = {key: value for key, value in own.items() if value is not None}
    if len(members) + len(unnamed) > MAX_ATTRIBUTES or _repeated(own) or _AMBIGUOUS in unnamed.values() or members.keys() & unnamed.keys():
        return _AMBIGUOUS
    texts = {key: _text_of(value) for key, value in unnamed.items()}
    return dict(sorted((members | texts).items()))


def _text_of(value: Any) -> str:
    """A string as it is, and so a number that a double may not keep; any other value as its compact JSON text."""
    if isinstance(value, InexactNumber):
        return value.text
    return value if isinstance(value, str) else compact(value)


def _repeated(data: dict[str, Any]) -> set[str]:
    return data.repeated() if isinstance(data, JsonObject) else set()


@dataclass(frozen=True, slots=True)
class ContractField:
    """A field of `Event`, for what is made from the contract."""

    name: str
    kind: Kind
    description: str
    examples: tuple[Any, ...]


def _fields() -> tuple[ContractField, ...]:
    found = []
    for name, info in Event.model_fields.items():
        (kind,) = (item for item in info.metadata if isinstance(item, Kind))
        assert kind.required == info.is_required(), f"{name}: a required field has no default, any other has one"
        assert kind.required or (info.default or None) == kind.default, f"{name}: the SQL that judges lines knows the default of its kind"
        found.append(ContractField(name, kind, info.description or "", tuple(info.examples or ())))
    return tuple(found)


FIELDS = _fields()
CONTRACT_FIELDS = tuple(field.name for field in FIELDS)
