"""Records as the JSON of the published document."""

from __future__ import annotations

from typing import Any

from conformance.reference.clock import timestamp
from conformance.reference.resident_registry.records import Entry, Event, Export, Notification, Protection

Json = dict[str, Any]


def resident(entry: Entry) -> Json:
    """Resident: everything but the Individual Number."""
    return {
        "id": entry.id,
        "status": entry.status,
        "resident_code": entry.resident_code,
        "name": entry.name,
        "birth_date": entry.birth_date,
        "sex": entry.sex,
        "nationality": entry.nationality,
        "address": entry.address,
        "household_id": entry.household_id,
        "relationship": entry.relationship,
        "became_resident_on": entry.became_resident_on,
        "ceased_on": entry.ceased_on,
        "recorded_at": timestamp(entry.recorded_at),
    }


def summary(entry: Entry) -> Json:
    """ResidentSummary: what a list shows; no number, no code."""
    return {
        "id": entry.id,
        "status": entry.status,
        "name": entry.name,
        "birth_date": entry.birth_date,
        "address": entry.address,
        "household_id": entry.household_id,
    }


def history_entry(event: Event, cancelled: bool) -> Json:
    """One line of a resident's history."""
    return {
        "sequence": event.sequence,
        "notification_id": event.notification_id,
        "type": event.type,
        "event_date": event.event_date,
        "recorded_at": timestamp(event.recorded_at),
        "cancelled": cancelled,
    }


def notification(found: Notification, resident_ids: list[str], cancelled: bool) -> Json:
    """Notification, with the residents whom the caller may see."""
    return {
        "id": found.id,
        "type": found.type,
        "event_date": found.event_date,
        "notification_date": found.notification_date,
        "late": found.late,
        "household_id": found.household_id,
        "resident_ids": resident_ids,
        "recorded_at": timestamp(found.recorded_at),
        "cancelled": cancelled,
    }


def household(household_id: str, address: Any, members: list[Entry]) -> Json:
    """Household, with the members whom the caller may see."""
    return {
        "id": household_id,
        "status": "active" if members else "closed",
        "address": address,
        "members": [
            {"resident_id": entry.id, "relationship": entry.relationship, "name": entry.name} for entry in members
        ],
        "head_id": next((entry.id for entry in members if entry.relationship == "head"), None),
    }


def protection(found: Protection, active: bool) -> Json:
    """Protection, and whether it is active today."""
    return {
        "resident_id": found.resident_id,
        "from": found.first,
        "to": found.last,
        "category": found.category,
        "active": active,
        "recorded_at": timestamp(found.recorded_at),
    }


def export(found: Export) -> Json:
    """Export: its state, and digest and count once it is complete."""
    return {
        "id": found.id,
        "status": "running" if found.content is None else "complete",
        "created_at": timestamp(found.created_at),
        "count": found.count,
        "sha256": found.sha256,
    }
