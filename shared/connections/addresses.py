"""Which organisation an address is of."""

import re

# https://learn.microsoft.com/azure/devops/organizations/settings/naming-restrictions#organization-names
ORGANISATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
"""The name of an organisation."""
_OLD_DOMAIN = ".visualstudio.com"


def organisation_name(url: str) -> str:
    """Return the organisation's name in its address, of the old form or the new; the service itself may move.

    In lower case: Azure DevOps makes no difference.
    """
    host, _, name = url.rstrip("/").casefold().rpartition("/")
    return name.removesuffix(_OLD_DOMAIN) if name.endswith(_OLD_DOMAIN) and host == "https:/" else name
