"""What is believed of Azure DevOps where its documents are silent or contradict each other, and who relies on it."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a run says of a fact."""

    HOLDS = "HOLDS"
    FAILS = "DOES NOT HOLD"
    NOT_SEEN = "NOT SEEN"


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement; `relied_on_by` is the module that is wrong where it does not hold, empty where none would be.

    `needs` says what an administrator must give before it can be looked at.
    """

    claim: str
    relied_on_by: str = ""
    needs: str = ""


REFUSED_CREDENTIAL = Fact(
    "A credential that is not accepted is told from every other trouble (203, 302 or 401)",
    "shared/azure_devops/answers",
)
ONLY_USERS = Fact(
    "The API of personal access tokens refuses who is no signed-in user, and we see why",
    "shared/azure_devops/personal_access_tokens",
    "a personal access token or an application as the credential",
)
TOKENS_LISTED = Fact("A signed-in user's tokens are listed at 7.1-preview.1", needs="az login as a user")
UNKNOWN_PROJECT = Fact("A project that does not exist is answered 404", "shared/links/save")
CATEGORIES = Fact(
    "Every state has a category, Proposed and Completed among them", "shared/tickets/work_items/categories"
)
VALIDATE_ONLY = Fact("validateOnly creates nothing", "shared/connections/check")
RULE_NAMED = Fact(
    "A rule's refusal is TF401320 and names the field (RuleValidationErrors)", "shared/tickets/work/creating"
)
CREATED = Fact("A create answers with the work item: revision 1, its hyperlink in it", "shared/tickets/work/creating")
SAME_NAME = Fact("connectionData names us as work items do (System.CreatedBy)", "shared/tickets/work/changing")
BATCH_ENTRIES = Fact(
    "$batch answers every entry, and refuses the bad one in its own words", "shared/azure_devops/batches"
)
BATCH_TRUE = Fact(
    "What $batch says of an entry is so: there after 200, not there after a refusal", "shared/azure_devops/batches"
)
BATCH_INDEPENDENT = Fact("A refused entry of $batch does not undo the others")
QUERY_SEES = Fact(
    "A query finds a new work item in the time between two look-ups", "shared/tickets/work_items/look_ups"
)
FEED_SEES = Fact("The feed of revisions has a new work item in the same time", "shared/tickets/upkeep/reconcile")
OMITTED = Fact("workitemsbatch leaves out what does not exist (errorPolicy=omit)", "shared/tickets/work_items/presence")
LINK_READ = Fact("workitemsbatch shows the hyperlink and System.CreatedDate", "shared/tickets/work_items/look_ups")
PATCH_REVISION = Fact("A patch raises the revision by one", "shared/tickets/work/changing")
STALE = Fact("A patch with a stale /rev is refused (409 or 412)", "shared/tickets/work/changing")
MARKDOWN = Fact("Markdown (multilineFieldsFormat) is taken at api-version 7.1")
BACK_TO_HTML = Fact("A field goes back from Markdown to HTML")
DELETED_OMITTED = Fact("workitemsbatch leaves out what is in the recycle bin", "shared/tickets/work_items/presence")
DELETE_REVISION = Fact("A deletion raises the revision by one", "shared/tickets/observing/observe")
BIN_LISTED = Fact("The recycle bin of the project lists what was just deleted", "shared/tickets/work_items/look_ups")
BIN_FIELDS = Fact(
    "An entry of the recycle bin has the fields, System.CreatedDate too", "shared/tickets/work_items/look_ups"
)
BIN_MARK = Fact("An entry of the recycle bin still names the ticket", "shared/tickets/work_items/look_ups")
FEED_DELETED = Fact("The feed of revisions tells of a deletion", "shared/tickets/upkeep/reconcile")
RESTORE_REVISION = Fact("A restoration raises the revision by one", "shared/tickets/observing/observe")
RESTORE_LINK = Fact("The hyperlink is still there after deletion and restoration", "shared/tickets/observing/observe")
HOOK_INPUTS = Fact(
    "The web hook takes basicAuthUsername and a confidential basicAuthPassword", "shared/azure_devops/subscriptions"
)
HOOK_MADE = Fact("This identity may subscribe, to a tag that no work item has yet", "shared/links/service_hooks")
HOOK_BY_APPLICATION = Fact("A service principal or managed identity may subscribe", needs="the credential of one")
HOOK_ECHO = Fact("A listed subscription says project, tag and URL as they were given", "shared/links/hook_diagnosis")
HOOK_MASKED = Fact("The password of a subscription is not shown again", "shared/links/service_hooks")
HOOK_SENT = Fact(
    "An update of an item with the tag is sent to the subscription", "shared/links/service_hooks", "HOOK_URL"
)
LIMIT_HEADERS = Fact("Rate-limit headers come only near a limit: none came in this run")

FACTS: tuple[Fact, ...] = tuple(found for found in list(globals().values()) if isinstance(found, Fact))
"""All of the above, in their order."""
