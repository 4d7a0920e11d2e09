"""Scripts from the published workflows, one for each set of inputs."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.compile.bench import Bench
from conformance.compile.calls import instances
from conformance.compile.draft import with_id
from conformance.model import Script

FAMILY = "workflow"


def scripts(bench: Bench) -> Iterator[Script]:
    """Every workflow with a requirement, with each drawn set of inputs."""
    service = bench.service
    for workflow in service.workflows.values():
        if not workflow.requirements:
            continue
        options = {*workflow.options}
        options.update(
            service.option_of_operation[step.operation]
            for step in workflow.steps
            if step.operation in service.option_of_operation
        )
        for inputs in instances(workflow, service, bench.generator, workflow.examples):
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
