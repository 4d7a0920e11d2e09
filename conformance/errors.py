"""What can go wrong on our side of the test. None of these is ever the verdict of a system (`Finding` is about them).

| when | error |
|---|---|
| a published document or catalogue is wrong | `DocumentError` |
| the run file is wrong, a secret is missing | `RunFileError` |
| the system cannot be reached or does not let us in, before any script is played | `PreflightError` |
| an edition is missing, stale or truncated | `EditionError` |
| a run archive is truncated or altered | `ArchiveError` |
| the command line asks for something that is not there | `UsageError` |
| a run cannot go on: full disk, lost network | `interruption.StoppedError` |
"""


class SuiteError(Exception):
    """An error with its place and the next step. `str()` gives one readable paragraph."""

    def __init__(self, what: str, *, where: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.next_step = next_step

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.next_step:
            parts.append(f"Next: {self.next_step}")
        return "\n".join(parts)


class DocumentError(SuiteError):
    """A published document is not valid, or refers to what is not there."""


class RunFileError(SuiteError):
    """The run file has an unknown key, a wrong type, a missing secret, or names what does not exist."""


class PreflightError(SuiteError):
    """The system under test cannot be tested yet: name resolution, TLS, clock, token, version, test data."""


class EditionError(SuiteError):
    """The edition is missing, truncated, or does not belong to the documents beside it."""


class ArchiveError(SuiteError):
    """A run archive is truncated, altered, or of another suite version."""


class UsageError(SuiteError):
    """The command line names a service, requirement or operation that does not exist."""
