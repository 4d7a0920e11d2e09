"""What pytest collects from a run file: services, and in them the requirements that apply."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.errors import SuiteError
from conformance.model import Requirement, Text
from conformance.plugin import RUN_KEY
from conformance.plugin.single_run import NotMadeError
from conformance.views import translations
from conformance.views.characters import one_line
from conformance.views.junit import failure_text

if TYPE_CHECKING:
    from conformance.views.run_data import VerdictLine


class RunFileNode(pytest.File):
    """The run file."""

    def collect(self) -> Iterator[pytest.Collector]:
        """Its services. Raises `CollectError` where run file or documents are wrong."""
        try:
            found = self.config.stash[RUN_KEY].applicable()
        except SuiteError as error:
            raise self.CollectError(str(error)) from None
        for service, requirements in found.items():
            node: pytest.Collector = ServiceNode.from_parent(self, name=service, requirements=requirements)
            yield node


class ServiceNode(pytest.Collector):
    """One service of the run file."""

    def __init__(self, requirements: list[Requirement], **keywords: Any) -> None:
        super().__init__(**keywords)
        self.requirements = requirements

    def collect(self) -> Iterator[pytest.Item]:
        """The requirements that apply and can be judged."""
        for requirement in self.requirements:
            node: pytest.Item = RequirementItem.from_parent(
                self, name=requirement.id, service=self.name, requirement=requirement
            )
            yield node


class RequirementItem(pytest.Item):
    """One requirement of one service: passes when its verdict does."""

    def __init__(self, service: str, requirement: Requirement, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.service = service
        self.requirement = requirement
        self.line: VerdictLine | None = None
        self.config.addinivalue_line("markers", f"{requirement.area}: requirements of this area")
        for mark in (requirement.level.value, requirement.area):
            self.add_marker(mark)
        source = requirement.source
        self.user_properties += [
            ("requirement", requirement.id),
            ("service", service),
            ("level", requirement.level.value),
            ("area", requirement.area),
            ("source", f"{source.document} {source.clause or ''}".strip()),
        ]

    def setup(self) -> None:
        """Have the suite run, if nobody has yet, and look up the verdict."""
        self.line, refused = None, ""
        try:
            self.line = self.config.stash[RUN_KEY].verdict(self.service, self.requirement.id, self._selected())
        except NotMadeError as error:
            pytest.skip(str(error))
        except SuiteError as error:
            refused = str(error)
        if self.line is None:  # told here, outside the handler, so that the error is not told twice
            pytest.fail(f"the suite could not run: {refused}", pytrace=False)
        self.user_properties += [
            ("verdict", self.line.shown),
            ("judged", self.line.judged),
            ("failed", self.line.failed),
            ("inconclusive", self.line.inconclusive),
        ]

    def _selected(self) -> dict[str, list[str]]:
        chosen: dict[str, list[str]] = {}
        for item in self.session.items:
            if isinstance(item, RequirementItem):
                chosen.setdefault(item.service, []).append(item.requirement.id)
        return chosen

    def runtest(self) -> None:
        """Fail where the requirement is not met or could not be judged, in the slots of the failure; no traceback."""
        line = self.line
        if line is None:
            return
        if line.observation:
            self.add_report_section("call", "observation", failure_text(line))
        elif line.verdict == "inconclusive":
            reason = line.reason or translations.word("reason_none")
            pytest.fail(f"inconclusive: {_both(reason)}\n\n{failure_text(line)}", pytrace=False)
        elif line.verdict == "fail":
            message = line.examples[0].finding.message if line.examples else line.statement
            pytest.fail(f"{_both(message)}\n\n{failure_text(line)}", pytrace=False)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it is from, and its heading."""
        return self.path, None, f"{self.requirement.id} {_both(self.requirement.title)}"


def _both(text: Text) -> str:
    return one_line(text.en if text.en == text.ja else f"{text.en} / {text.ja}")
