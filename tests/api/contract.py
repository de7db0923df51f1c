"""Whether an OpenAPI document keeps what an earlier one promised to the programs that call the API."""

from collections import defaultdict
from collections.abc import Iterator
from math import inf
from typing import Any

Json = dict[str, Any]

UPPER_LIMITS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
LOWER_LIMITS = ("minimum", "exclusiveMinimum", "minLength", "minItems")


def broken_promises(before: Json, now: Json) -> list[str]:
    """What of the earlier document the later one no longer keeps, each as a sentence; empty where it keeps all.

    A later document may gain paths, parameters that are not required, answers, fields and enum values, and may accept
    more. It may lose or rename nothing, ask for nothing new and change no type. Names of components don't matter.
    """
    return list(_paths(_without_references(before), _without_references(now)))


def _without_references(document: Json) -> Json:
    """The document's paths with the schema itself in place of each $ref; schemas here don't contain themselves."""

    def resolved(node: Any) -> Any:
        if isinstance(node, list):
            return [resolved(each) for each in node]
        if not isinstance(node, dict):
            return node
        whole = {key: resolved(value) for key, value in node.items() if key != "$ref"}
        return {**resolved(_target(document, node["$ref"])), **whole} if "$ref" in node else whole

    return resolved(document["paths"])


def _target(document: Json, reference: str) -> Json:
    for key in reference.removeprefix("#/").split("/"):
        document = document[key]
    return document


def _paths(before: Json, now: Json) -> Iterator[str]:
    for path, operations in before.items():
        for method, operation in operations.items():
            where = f"{method.upper()} {path}"
            if method not in now.get(path, {}):
                yield f"{where} is gone"
            else:
                yield from _parameters(where, operation, now[path][method])
                yield from _body(where, operation.get("requestBody", {}), now[path][method].get("requestBody", {}))
                yield from _answers(where, operation["responses"], now[path][method]["responses"])


def _parameters(where: str, before: Json, now: Json) -> Iterator[str]:
    known, given = (
        {(each["in"], each["name"]): each for each in operation.get("parameters", [])} for operation in (before, now)
    )
    for place, name in known.keys() - given.keys():
        yield f"{where} lost the {place} parameter {name}"
    for key, parameter in given.items():
        if parameter.get("required") and not known.get(key, {}).get("required"):
            yield f"{where} requires the {key[0]} parameter {key[1]}"
    for key in known.keys() & given.keys():
        yield from _schema(f"{where} {key[1]}", known[key]["schema"], given[key]["schema"], sent=True)


def _body(where: str, before: Json, now: Json) -> Iterator[str]:
    if now.get("required") and not before.get("required"):
        yield f"{where} requires a body"
    yield from _contents(f"{where} body", before, now, sent=True)


def _answers(where: str, before: Json, now: Json) -> Iterator[str]:
    for status, answer in before.items():
        if status not in now:
            yield f"{where} lost the answer {status}"
        else:
            yield from _contents(f"{where} {status}", answer, now[status], sent=False)


def _contents(where: str, before: Json, now: Json, sent: bool) -> Iterator[str]:
    for media_type, content in before.get("content", {}).items():
        if media_type not in now.get("content", {}):
            yield f"{where} lost the media type {media_type}"
            continue
        for keyword in content.keys() & {"schema", "itemSchema"}:
            yield from _schema(where, content[keyword], now["content"][media_type].get(keyword, {}), sent)


def _schema(where: str, before: Json, now: Json, sent: bool) -> Iterator[str]:
    """sent: a program sends it, so that more may be accepted; else it is answered, and nothing else may come."""
    known, given = _by_type(before), _by_type(now)
    for name in known.keys() - given.keys() - (set() if sent else {"null"}):
        yield f"{where} is no {name} any more"
    for name in set() if sent else given.keys() - known.keys():
        yield f"{where} can be {name}"
    if sent and "default" in before and now.get("default") != before["default"]:
        yield f"{where} has not the default {before['default']} any more"
    for name in known.keys() & given.keys():
        yield from _values(where, known[name], given[name], sent)
        yield from _objects(where, known[name], given[name], sent)
        yield from _parts(where, known[name], given[name], sent)


def _by_type(schema: Json) -> dict[str, list[Json]]:
    """The schema's alternatives, however deep, by their JSON type."""
    found: dict[str, list[Json]] = defaultdict(list)
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if not alternatives:
        return {schema.get("type", "anything"): [schema]}
    for alternative in alternatives:
        for name, schemas in _by_type(alternative).items():
            found[name] += schemas
    return found


def _values(where: str, before: list[Json], now: list[Json], sent: bool) -> Iterator[str]:
    known, given = _enum(before), _enum(now)
    if known is not None and given is not None and known - given:
        yield f"{where} lost the value {', '.join(sorted(map(str, known - given)))}"
    if sent and known is None and given is not None:
        yield f"{where} accepts only {', '.join(sorted(map(str, given)))}"
    if {each.get("format") for each in before} != {each.get("format") for each in now}:
        yield f"{where} has another format"
    if not sent:
        return
    for limit in UPPER_LIMITS:
        if max(each.get(limit, inf) for each in now) < max(each.get(limit, inf) for each in before):
            yield f"{where} has a lower {limit}"
    for limit in LOWER_LIMITS:
        if min(each.get(limit, -inf) for each in now) > min(each.get(limit, -inf) for each in before):
            yield f"{where} has a higher {limit}"


def _enum(schemas: list[Json]) -> set | None:
    """The values that these schemas allow, None where one of them allows all of its type."""
    allowed = [each.get("enum", [each["const"]] if "const" in each else None) for each in schemas]
    return None if None in allowed else {value for values in allowed for value in values}


def _objects(where: str, before: list[Json], now: list[Json], sent: bool) -> Iterator[str]:
    known, given = _properties(before), _properties(now)
    for name in known.keys() - given.keys():
        yield f"{where} lost {name}"
    if sent:
        yield from (f"{where} requires {name}" for name in _required(now) - _required(before))
        if _is_closed(now) and not _is_closed(before):
            yield f"{where} refuses unknown fields"
    else:
        yield from (f"{where} may lack {name}" for name in (_required(before) - _required(now)) & given.keys())
    for name in known.keys() & given.keys():
        yield from _schema(f"{where} {name}", known[name], given[name], sent)


def _properties(schemas: list[Json]) -> dict[str, Json]:
    """Every property that one of these objects has; one of several kinds where the objects differ in it."""
    found: dict[str, list[Json]] = defaultdict(list)
    for schema in schemas:
        for name, each in schema.get("properties", {}).items():
            if each not in found[name]:
                found[name].append(each)
    return {name: kinds[0] if len(kinds) == 1 else {"anyOf": kinds} for name, kinds in found.items()}


def _required(schemas: list[Json]) -> set[str]:
    return set.intersection(*(set(each.get("required", ())) for each in schemas))


def _is_closed(schemas: list[Json]) -> bool:
    return all(each.get("additionalProperties") is False for each in schemas)


def _parts(where: str, before: list[Json], now: list[Json], sent: bool) -> Iterator[str]:
    """The items of arrays, each place of those of fixed length, and the values of free-form objects."""
    old, new = before[0], now[0]
    for keyword in ("items", "additionalProperties"):
        if isinstance(old.get(keyword), dict):
            yield from _schema(f"{where} {keyword}", old[keyword], new.get(keyword) or {}, sent)
    places, places_now = old.get("prefixItems", []), new.get("prefixItems", [])
    if len(places) != len(places_now):
        yield f"{where} has {len(places_now)} places, not {len(places)}"
    for index, (known, given) in enumerate(zip(places, places_now, strict=False)):
        yield from _schema(f"{where} {index}", known, given, sent)
