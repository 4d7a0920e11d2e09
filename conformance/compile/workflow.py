"""Scripts from the published workflows, one for each set of inputs."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.catalogue.service import Service
from conformance.catalogue.workflows import Workflow
from conformance.compile.bench import Bench
from conformance.compile.calls import instances
from conformance.compile.draft import with_id
from conformance.compile.generate import Generator
from conformance.model import Script

FAMILY = "workflow"


def scripts(bench: Bench) -> Iterator[Script]:
    """Every workflow with a requirement, with each drawn set of inputs."""
    for workflow in bench.service.workflows.values():
        if workflow.requirements:
            yield from filled(bench.service, workflow, bench.generator, workflow.examples)


def filled(service: Service, workflow: Workflow, generator: Generator, count: int) -> Iterator[Script]:
    """One workflow with drawn inputs, `count` times at most."""
    options = {*workflow.options}
    options.update(
        service.option_of_operation[step.operation]
        for step in workflow.steps
        if step.operation in service.option_of_operation
    )
    for inputs in instances(workflow, service, generator, count):
        script = Script(
            id="",
            service=service.name,
            family=FAMILY,
            title=workflow.id,
            purpose=workflow.purpose,
            steps=workflow.steps,
            checks=workflow.checks,
            inputs=inputs,
            calls=workflow.calls,
            options=tuple(sorted(options)),
            exclusive=workflow.exclusive,
            upper_tester=workflow.upper_tester,
        )
        yield with_id(script, workflow.id)
