"""Where the published documents and the synthetic data are: in the checkout, or inside the installed package."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _root() -> Path:
    packaged = _PACKAGE / "_data"
    return packaged if packaged.is_dir() else _PACKAGE.parent


def specs_dir() -> Path:
    """The folder `specs/` with the published documents (`<service>/<version>/`)."""
    return _root() / "specs"


def fixtures_dir() -> Path:
    """The folder `fixtures/` with synthetic municipal data."""
    return _root() / "fixtures"
