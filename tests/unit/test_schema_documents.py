"""The checked-in JSON Schema documents: they are the types, and they tell good from bad."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas import derived_words, market_words, said_words
from schemas.document import NAMES, OUTPUTS, document, schema
from schemas.errors import Reason
from schemas.events import BODIES
from schemas.market import AMOUNTS, TYPES, Message, written
from tests.support.case import Case
from tests.support.corpus import CASES
from tests.support.market_messages import MESSAGES
from tests.support.sayings import encoded
from tests.support.strategies import EVENTS

FOLDER = files("schemas") / "json"
REWRITE = "python -m tests.support.write_documents"
# What the shape alone can tell; existence, clocks, agreement and bytes are the judge's.
TELLING = {
    *(Reason.UNKNOWN_FIELD, Reason.MISSING_FIELD, Reason.WRONG_TYPE, Reason.UNKNOWN_SPECVERSION),
    *(Reason.UNKNOWN_TYPE, Reason.UNKNOWN_KIND, Reason.NO_LINES, Reason.TOO_MANY_LINES),
    *(Reason.COOP_MALFORMED, Reason.DEVICE_MALFORMED, Reason.LOT_MALFORMED),
    *(Reason.ORDER_MALFORMED, Reason.QUANTITY_MALFORMED, Reason.QUANTITY_NEGATIVE),
    *(Reason.PRICE_MALFORMED, Reason.PRIORITY_UNKNOWN, Reason.MARKET_UNKNOWN),
    *(Reason.DECISION_UNKNOWN, Reason.VOID_MALFORMED, Reason.SEQUENCE_OUT_OF_RANGE),
}
UNTOLD = {
    "sequence-as-float": "42.0 is an integer to JSON Schema",
    "sequence-as-exponent": "42e0 likewise",
    "revision-float": "2.0 likewise",
    "tick-as-float": "7.0 likewise",
    "amended-unit-alone": "whether two fields belong together is the judge's",
    "amended-quantity-without-unit": "likewise",
    "void-beyond-2-to-the-53": "a pattern cannot count",
    "void-of-line-201": "likewise",
    # Python's `$` lets a last newline pass; that of ECMA 262, which JSON Schema means, does not.
    **dict.fromkeys(("quantity-trailing-newline", "log-newline-in-lot", "order-newline"), "$"),
    **dict.fromkeys(("coop-trailing-newline", "device-newline", "void-newline"), "$"),
}


@cache
def validator(name: str) -> Any:
    return jsonschema.Draft202012Validator(schema(name))


def parsed(case: Case) -> tuple[bool, Any]:
    """Whether Python reads the bytes as strict JSON, and their tree."""
    try:
        return True, json.loads(case.value or b"", parse_constant=no_json)
    except (ValueError, RecursionError):
        return False, None


def no_json(constant: str) -> None:
    raise ValueError(constant)


def name_of(tree: Any) -> str:
    named = tree.get("type") if isinstance(tree, dict) else None
    return named if named in BODIES else "lumbung.report.v1"


@pytest.mark.parametrize("name", NAMES)
def test_the_document_that_is_checked_in_is_the_one_the_types_give(name: str) -> None:
    held = FOLDER.joinpath(f"{name}.json").read_bytes()
    assert held == document(name), f"run `{REWRITE}` and read the difference before you keep it"


def test_there_is_one_document_for_each_type_and_no_other() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.json" for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_a_valid_schema_with_a_name_of_its_own(name: str) -> None:
    found = schema(name)
    jsonschema.Draft202012Validator.check_schema(found)
    assert found["$id"] == f"urn:lumbung:schema:{name}"
    assert found["properties"]["type"]["const"] == name


@pytest.mark.parametrize("name", NAMES)
def test_every_part_and_every_field_is_described(name: str) -> None:
    found = schema(name)
    parts = [found, *found["$defs"].values()]
    assert all(part["description"] for part in parts)
    fields = [field for part in parts for field in part["properties"].items()]
    assert [key for key, field in fields if "$ref" not in field and not field["description"]] == []


@pytest.mark.parametrize("name", BODIES)
def test_a_saying_is_closed(name: str) -> None:
    found = schema(name)
    assert [
        part["title"] for part in found["$defs"].values() if part["additionalProperties"]
    ] == []
    assert found["additionalProperties"] is False


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_derived_record_is_open(name: str) -> None:
    found = schema(name)
    parts = [found, *found["$defs"].values()]
    assert [part["title"] for part in parts if "additionalProperties" in part] == []


def test_the_tables_of_words_speak_of_no_field_that_is_gone() -> None:
    tables = ((said_words.SAID, BODIES), (derived_words.DERIVED, OUTPUTS))
    for table, names in (*tables, (market_words.MARKET, TYPES)):
        parts = {title: part for name in names for title, part in schema(name)["$defs"].items()}
        known = {f"{title}.{key}" for title, part in parts.items() for key in part["properties"]}
        known |= {field.partition(".")[2] for field in known}
        assert set(table) - known == set()


@pytest.mark.parametrize("name", sorted(EVENTS))
@given(data=st.data())
@settings(
    deadline=None, derandomize=True, max_examples=25, suppress_health_check=[HealthCheck.too_slow]
)
def test_a_sound_saying_passes(name: str, data: st.DataObject) -> None:
    tree = data.draw(EVENTS[name])
    assert list(validator(f"lumbung.{name}.v1").iter_errors(json.loads(encoded(tree)))) == []


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.verdict == "accepted"], ids=lambda case: case.name
)
def test_what_the_judge_accepts_passes(case: Case) -> None:
    sound, tree = parsed(case)
    assert sound
    assert list(validator(name_of(tree)).iter_errors(tree)) == []


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.reason in TELLING and parsed(case)[0]],
    ids=lambda case: case.name,
)
def test_what_is_wrong_in_shape_fails(case: Case) -> None:
    _, tree = parsed(case)
    passes = validator(name_of(tree)).is_valid(tree)
    assert passes == (case.name in UNTOLD), UNTOLD.get(case.name, "")


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_derived_record_passes_with_and_without_a_field_of_tomorrow(name: str) -> None:
    found = schema(name)
    body = sample(found["$defs"][OUTPUTS[name].__name__], found["$defs"])
    written = json.loads(msgspec.json.encode(msgspec.convert(body, OUTPUTS[name])))
    attributes = dict.fromkeys(("id", "source", "time"), "x")
    tree = {"specversion": "1.0", "type": name, **attributes, "data": written}
    assert list(validator(name).iter_errors(tree)) == []
    tomorrow = {**tree, "later": 1, "data": {**written, "later": {"a": 1}}}
    assert list(validator(name).iter_errors(tomorrow)) == []
    for key in found["$defs"][OUTPUTS[name].__name__]["required"]:
        less = {part: value for part, value in written.items() if part != key}
        assert not validator(name).is_valid({**tree, "data": less})


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
def test_what_hubs_and_market_write_passes_and_a_number_for_a_quantity_does_not(
    message: Message,
) -> None:
    tree = json.loads(written(message, 1_790_000_000_000))
    check = validator(tree["type"])
    assert list(check.iter_errors(tree)) == []
    assert not check.is_valid({**tree, "data": {**tree["data"], "later": 1}})
    amounts = [name for name in tree["data"] if name in AMOUNTS]
    assert [n for n in amounts if check.is_valid({**tree, "data": {**tree["data"], n: 5}})] == []


def sample(part: dict[str, Any], parts: dict[str, Any]) -> Any:
    """The least value of a schema that says something in every required field."""
    if "$ref" in part:
        return sample(parts[part["$ref"].rpartition("/")[2]], parts)
    if part.get("contentEncoding") == "base64":
        return "eHg="
    kind = part["type"]
    if kind == "object":
        return {key: sample(part["properties"][key], parts) for key in part["required"]}
    if kind == "array":
        return [sample(part["items"], parts)]
    return {"string": "x", "integer": 7, "boolean": True}[kind]
