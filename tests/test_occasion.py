"""A requirement that is judged on every exchange applies where the documents hold what it is about, and only there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import spec_tree

from conformance.catalogue.service import Service, load_service, published_service
from conformance.rules.registry import has_occasion

RULES = (
    "number-not-echoed", "number-not-in-url", "page-limit", "page-resultset", "page-sorted", "etag-strong",
    "location-header", "location-declared",
)  # fmt: skip


def toy(root: Path, change: Any = None) -> Service:
    """The small service, with official numbers taken out, and changed."""
    files = spec_tree.tree()
    del files[spec_tree.API]["components"]["schemas"]["New"]["properties"]["number"]
    del files[spec_tree.API]["paths"]["/things"]["post"]["responses"]["201"]
    files[spec_tree.API]["paths"]["/things"]["post"]["responses"]["204"] = {"description": "made"}
    if change:
        change(files[spec_tree.API])
    spec_tree.write(root, files)
    return load_service("toy", "1.0", root)


def test_the_resident_registry_has_an_occasion_for_every_rule() -> None:
    """Claim: nothing is excused that the documents are about. Stimulus: a service with numbers, pages, an order, tags
    and locations. Expected: every rule has an occasion, so that a run without one leaves the requirement open."""
    service = published_service("resident-registry")
    assert all(has_occasion(rule, service) for rule in (*RULES, "json-encoding", "no-such-rule"))


def test_a_service_without_any_of_it_has_none(tmp_path: Path) -> None:
    """Claim: nobody is left incomplete for what is not there. Stimulus: a service without numbers, pages, tags and
    locations. Expected: these rules have no occasion, others have."""
    service = toy(tmp_path)
    assert not [rule for rule in RULES if has_occasion(rule, service)]
    assert has_occasion("response-schema", service)


def _tag(api: dict[str, Any]) -> None:
    answer = api["paths"]["/things/{thing_id}"]["get"]["responses"]["200"]
    answer["headers"] = {"etag": {"schema": {"type": "string"}}}


def _location_of_any_success(api: dict[str, Any]) -> None:
    headers = {"Location": {"schema": {"type": "string"}}}
    api["paths"]["/things"]["post"]["responses"]["2XX"] = {"description": "made", "headers": headers}


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        (_tag, {"etag-strong"}),
        (_location_of_any_success, {"location-header", "location-declared"}),
    ],
)
def test_one_place_is_enough(tmp_path: Path, change: Any, rules: set[str]) -> None:
    """Claim: an occasion anywhere counts. Stimulus: a tag in small letters; a location for a range
    of statuses. Expected: just the rules about it have an occasion."""
    service = toy(tmp_path, change)
    assert {rule for rule in RULES if has_occasion(rule, service)} == rules
