"""Who may apply for whom, and how often: section 4 of the document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.problems import Problem, conflict, rule
from conformance.reference.procedures.records import (
    ACTIVE,
    DRAFT,
    OPEN,
    PENDING,
    SAME_HOUSEHOLD,
    Application,
    Copy,
    Json,
    Procedure,
)

if TYPE_CHECKING:
    from conformance.reference.procedures.service import Procedures


class Entitlement:
    """Procedure, applicant and subject of an application, in the order of the document."""

    def __init__(self, service: Procedures) -> None:
        self.service = service

    def procedure(self, code: str) -> Procedure:
        """The procedure that the content names. Raises 422."""
        found = self.service.store.procedures.get(code)
        if found is None:
            raise rule("unknown_procedure", "該当する手続がありません / Unknown procedure", "/procedure_code")
        return found

    def check(self, procedure: Procedure, applicant_id: str, subject_id: str) -> None:
        """Whether the applicant may apply for the subject. Raises 422."""
        copy = self.copy_of_applicant(applicant_id)
        if copy is None:
            raise rule("unknown_applicant", "該当する申請者がありません / Unknown applicant", "/applicant_id")
        if subject_id == applicant_id:
            return
        if not self.open_to_others(procedure):
            raise rule("not_entitled", "本人以外は申請できません / Only the person concerned", "/subject_id")
        if not self.is_subject(copy.person(subject_id)):
            raise rule("unknown_subject", "該当する対象者がありません / Unknown subject", "/subject_id")

    def copy_of_applicant(self, applicant_id: str) -> Copy | None:
        """The copy in which the applicant stands as an active resident."""
        copy = self.service.store.copy_with(applicant_id)
        person = None if copy is None else copy.person(applicant_id)
        return copy if person is not None and self.is_applicant(person) else None

    def is_applicant(self, person: Json) -> bool:
        """Whether a person of a copy may apply at all."""
        return bool(person["status"] == ACTIVE)

    def open_to_others(self, procedure: Procedure) -> bool:
        """Whether others than the person concerned may apply."""
        return bool(procedure.content["applicants"] == SAME_HOUSEHOLD)

    def is_subject(self, person: Json | None) -> bool:
        """Whether others of the household may apply for a person of the same copy."""
        return person is not None and person["status"] == ACTIVE and not person["protected"]

    def still_stands(self, procedure: Procedure, application: Application) -> bool:
        """Whether applicant and subject meet the rules today."""
        try:
            self.check(procedure, application.applicant_id, application.subject_id)
        except Problem:
            return False
        return True

    def check_no_other(
        self, procedure: Procedure, applicant_id: str, subject_id: str, held_back_by: frozenset[str]
    ) -> None:
        """No application about the subject has a status that holds back another. Raises 409."""
        others = self.others(procedure, applicant_id, subject_id)
        if any(self.holds_back(found, held_back_by) for found in others):
            raise already_applied()

    def others(self, procedure: Procedure, applicant_id: str, subject_id: str) -> list[Application]:
        """The applications that count for an applicant: all about the subject, whoever applied."""
        return self.service.store.about(procedure.code, subject_id)

    def check_no_other_pending(self, application: Application) -> None:
        """No other application about the subject is pending. Raises 409."""
        others = self.service.store.about(application.procedure_code, application.subject_id)
        if any(self.holds_back(found, PENDING) for found in others if found.id != application.id):
            raise already_applied()

    def holds_back(self, application: Application, statuses: frozenset[str]) -> bool:
        """Whether an application holds back another about the same subject, whatever its channel."""
        return application.status in statuses

    def online(self) -> frozenset[str]:
        """The statuses of what holds back a draft."""
        return OPEN

    def paper(self) -> frozenset[str]:
        """The statuses of what holds back paper: a draft never does."""
        return OPEN - {DRAFT}


def already_applied() -> Problem:
    """409: there is an application about the subject."""
    return conflict("already_applied", "申請済みです / There is an application already", "/procedure_code")
