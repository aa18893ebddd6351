"""The profile of the person who is signed in, above all organisations.

https://learn.microsoft.com/rest/api/azure/devops/profile/profiles/get
"""

from local.simulators.azure_devops import errors
from local.simulators.azure_devops.identity import identifiers
from local.simulators.azure_devops.web import Answer, Call, Route
from local.simulators.azure_devops.world import World


def show(_world: World, call: Call) -> Answer:
    """GET profile/profiles/me: people have one, applications have none."""
    if not call.identity.user:
        raise errors.unauthorized(call.identity.mail)
    identifier, _ = identifiers(call.identity.combined)
    return Answer(
        {
            "displayName": call.identity.name,
            "publicAlias": identifier,
            "emailAddress": call.identity.mail,
            "coreRevision": 1,
            "timeStamp": "2026-01-01T00:00:00Z",
            "id": identifier,
            "revision": 1,
        }
    )


ROUTES = (Route("GET", "/_apis/profile/profiles/me", show),)
