"""Which organisation an address is of."""

_OLD_DOMAIN = ".visualstudio.com"


def organisation_name(url: str) -> str:
    """Return the organisation's name in its address, of the old form or the new; the service itself may move.

    In lower case: Azure DevOps makes no difference.
    """
    host, _, name = url.rstrip("/").casefold().rpartition("/")
    return name.removesuffix(_OLD_DOMAIN) if name.endswith(_OLD_DOMAIN) and host == "https:/" else name
