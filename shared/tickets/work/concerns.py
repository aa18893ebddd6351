"""Whom an error concerns: one ticket, or all of a lane or connection."""

from shared.errors import BridgeError, ConfigurationError, CredentialError, ThrottledError
from shared.tickets.lanes.leases import LeaseLostError


class PausedError(BridgeError):
    """The connection must wait: the lane's work ends here and goes on with a later wake-up."""


def concerns_connection(error: BridgeError) -> bool:
    """Whether an error says something of the connection, not of one ticket."""
    return isinstance(error, ThrottledError | CredentialError | ConfigurationError)


def concerns_all(error: BridgeError) -> bool:
    """Whether an error ends the lane's work, whatever ticket it came with."""
    return isinstance(error, LeaseLostError | PausedError) or concerns_connection(error)
