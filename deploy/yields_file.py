"""Decides which yields the market goes by: the operator's file, else the shipped one.

Refuses to know what a yield is used for.
"""

from deploy.errors import ConfigError
from deploy.settings import Settings
from schemas import reference
from schemas.datafile import DataError
from schemas.yields import Yields


def yields_of(settings: Settings) -> Yields:
    """Yields by hub and recipe; ConfigError LB-C001 unreadable, LB-C003 a fault in the file."""
    path = settings.market.yields
    if path is None:
        return reference.yields()
    try:
        return reference.yields_of(path.read_bytes(), str(path))
    except OSError as error:
        raise ConfigError(
            "LB-C001", f"market.yields cannot be read: {error}", "Name a file of yields."
        ) from error
    except DataError as error:
        raise ConfigError("LB-C003", f"market.yields: {error}", "Correct the file.") from error
