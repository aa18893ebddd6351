"""Where the service is known to differ from its own documents. The one list: anything else is a failure."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What differs."""

    UNSPECIFIED = "is in no document"
    METHOD = "is also served under another method"
    STATUS = "answers with another status"
    PROJECT = "is also served without a project in its path"
    QUERY = "takes a parameter that its document leaves out"
    VERSION = "takes another version than its document names"
    NULLS = "leaves null where an entry is missing"
    ANSWER = "answers in another form"


@dataclass(frozen=True, slots=True)
class Deviation:
    """One known difference; `detail` is the status, parameter or version, or the place of a value in an answer."""

    kind: Kind
    operation: str
    detail: str
    reason: str


_RECORDED = "recorded traffic of Microsoft's CLI: /contoso/_apis/wit/workItems/973, /contoso/_apis/wit/wiql"
_EXAMPLE = "the document says 200, its own recorded example 204"
_RETRY = "queuedForRetry: the document of 7.2 names it, that of 7.1 leaves it out"

DEVIATIONS = (
    Deviation(Kind.UNSPECIFIED, "PATCH /_apis/wit/$batch", "", "described only in the overview of the 4.1 docs"),
    Deviation(Kind.UNSPECIFIED, "GET /_apis/connectionData", "", "location service; recorded traffic, api 5.0-preview"),
    Deviation(
        Kind.METHOD, "wit: Work Items_Create", "PATCH", "how entries of $batch create (4.1 docs), and old clients"
    ),
    Deviation(Kind.PROJECT, "wit: Work Items_Get Work Item", "", _RECORDED),
    Deviation(Kind.PROJECT, "wit: Work Items_Update", "", _RECORDED),
    Deviation(Kind.PROJECT, "wit: Work Items_Get Work Items Batch", "", "the pages of 7.1 show both forms"),
    Deviation(Kind.PROJECT, "wit: Work Items_Delete", "", "Microsoft's own Python client may leave the project out"),
    Deviation(
        Kind.UNSPECIFIED, "GET /_apis/profile/profiles/me", "", "served above the organisations, on another host"
    ),
    Deviation(Kind.NULLS, "wit: Work Items_Get Work Items Batch", "", "errorPolicy=omit: 'omit gives null entries'"),
    Deviation(Kind.NULLS, "wit: Work Items_List", "", "as for the batch"),
    Deviation(Kind.STATUS, "core: Projects_Create", "202", "recorded: project_create_202_operation"),
    Deviation(Kind.ANSWER, "core: Projects_List", "/*/visibility", "recorded: 'organization' in projects_list_200"),
    Deviation(
        Kind.ANSWER, "git: Repositories_Get Repository", "/project/visibility", "recorded: 'organization', as above"
    ),
    Deviation(Kind.ANSWER, "hooks: Notifications_Get", "/status", _RETRY),
    Deviation(Kind.ANSWER, "hooks: Notifications_List", "/*/status", _RETRY),
    Deviation(Kind.STATUS, "hooks: Subscriptions_Delete", "204", _EXAMPLE),
    Deviation(Kind.STATUS, "wit: Recyclebin_Destroy Work Item", "204", _EXAMPLE),
    Deviation(Kind.STATUS, "wit: Classification Nodes_Create Or Update", "201", "its own example of a new area"),
)


def known(kind: Kind, operation: str, detail: str = "") -> bool:
    """Whether this difference is in the list."""
    return any((each.kind, each.operation, each.detail) == (kind, operation, detail) for each in DEVIATIONS)
