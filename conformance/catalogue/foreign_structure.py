"""Whether a document has the structure that OpenAPI prescribes, and which departures from it do no harm.

The schema is the one that openapi-spec-validator carries. That of OpenAPI 3.1 serves for 3.0 too: it names the place
of an error exactly, and leaves schema objects, in which the two differ, to `foreign_schemas`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema_rs

from conformance.catalogue.foreign_files import Files, Notes
from conformance.errors import DocumentError

_TOLD = 3
_UNUSED = frozenset(
    {"info", "servers", "tags", "externalDocs", "webhooks", "callbacks", "example", "examples", "jsonSchemaDialect",
     "xml", "discriminator", "securitySchemes", "encoding", "links"}
)  # fmt: skip  # one table, read as one
"""Members from which nothing is taken, or from which what is not understood is left out."""
_SPARED = frozenset({"description", "responses", "title", "version", "summary", "info"})
_SURPLUS = frozenset({"AdditionalProperties", "UnevaluatedProperties", "Format", "OneOfMultipleValid"})
_STYLES = frozenset({"style", "explode", "allowReserved", "allowEmptyValue"})


@cache
def _validator() -> Any:
    from openapi_spec_validator.schemas import schema_v31

    return jsonschema_rs.Draft202012Validator(dict(schema_v31), validate_formats=False)


def check_structure(files: Files, notes: Notes) -> None:
    """Raise `DocumentError` with the places that are wrong; note what is only unusual."""
    document = files.document()
    grave: list[str] = []
    for error in _validator().iter_errors(document.value):
        if list(error.instance_path) == ["openapi"]:
            continue  # 3.0, which the schema of 3.1 does not know
        place = files.place(document.inner(None, *error.instance_path))
        told = error.message if len(error.message) <= 200 else f"{error.message[:60]} … {error.message[-120:]}"
        if _harmless(error):
            notes.add(place, f"OpenAPIの構造と異なります({told})。", f"not as OpenAPI has it ({told}).")
        else:
            grave.append(f"{place}: {told}")
    if grave:
        more = f" (and {len(grave) - _TOLD} more)" if len(grave) > _TOLD else ""
        raise DocumentError(
            f"is not a valid OpenAPI document: {'; '.join(grave[:_TOLD])}{more}",
            where=str(files.path),
            next_step="correct these places; an OpenAPI validator shows them all",
        )


def _harmless(error: Any) -> bool:
    path = [str(part) for part in error.instance_path]
    kind = type(error.kind).__name__.removeprefix("ValidationErrorKind_")
    if path[-1:] == ["responses"] or (kind == "Type" and error.instance is None):
        return True  # no answer is declared, or nothing is said where something may be said
    if kind in _SURPLUS or not _UNUSED.isdisjoint(path) or (path and path[-1] in _STYLES):
        return True
    if kind == "OneOfNotValid" and isinstance(error.instance, dict) and {"name", "in"} <= error.instance.keys():
        return True  # a parameter with neither schema nor content: any value
    return kind == "Required" and getattr(error.kind, "property", "") in _SPARED
