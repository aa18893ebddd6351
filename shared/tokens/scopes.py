"""What a personal access token may be for.

https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/oauth#available-scopes
Left out are those that are for applications only, and those of service hooks, which are not given any more: whoever may
read work items, code or builds may have their service hooks.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

FULL_ACCESS = "app_token"
"""The service's word for whatever its user may do."""

SCOPES: Mapping[str, str] = {
    "vso.advsec": "Read the alerts of Advanced Security.",
    "vso.advsec_write": "Read alerts, and upload analyses as SARIF.",
    "vso.advsec_manage": "Read alerts, upload analyses, and change what becomes of alerts.",
    "vso.agentpools": "See agents, their pools, queues and jobs.",
    "vso.agentpools_manage": "Manage agents, pools and queues.",
    "vso.environment_manage": "Manage agents, pools, queues and environments.",
    "vso.machinegroup_manage": "Manage deployment groups and agent pools.",
    "vso.analytics": "Query analytics.",
    "vso.auditlog": "Read the audit log.",
    "vso.auditstreams_manage": "Read the audit log, and manage where it is streamed to.",
    "vso.build": "Read builds, their artifacts, definitions and requests.",
    "vso.build_execute": "Read builds, queue them, and change their properties.",
    "vso.code": "Read source code, commits and branches; search code.",
    "vso.code_write": "Read and change source code; make pull requests and reviews.",
    "vso.code_manage": "Read and change source code; make, change and delete repositories.",
    "vso.code_full": "Everything about source code and repositories.",
    "vso.code_status": "Read and write the status of commits and pull requests.",
    "vso.threads_full": "Read and write comments of pull requests.",
    "vso.connected_server": "Reach what a connected server on premises needs.",
    "vso.entitlements": "Read which licences there are.",
    "vso.memberentitlementmanagement": "Read users, their licences, projects and extensions.",
    "vso.memberentitlementmanagement_write": "Manage users, their licences, projects and extensions.",
    "vso.extension": "See which extensions are installed.",
    "vso.extension_manage": "Install, remove and manage extensions.",
    "vso.extension.data": "Read what extensions stored.",
    "vso.extension.data_write": "Read and write what extensions store.",
    "vso.githubconnections": "Read connections to GitHub.",
    "vso.githubconnections_manage": "Manage connections to GitHub.",
    "vso.graph": "Read users, groups and who is in which.",
    "vso.graph_manage": "Add users and groups, and change who is in which.",
    "vso.identity": "Read identities and groups.",
    "vso.identity_manage": "Manage identities and groups.",
    "vso.gallery": "See public and private items of the Marketplace.",
    "vso.gallery_acquire": "Acquire items of the Marketplace.",
    "vso.gallery_publish": "Publish items on the Marketplace.",
    "vso.gallery_manage": "Manage items and publishers of the Marketplace.",
    "vso.notification": "Read subscriptions to notifications.",
    "vso.notification_write": "Read and write subscriptions to notifications.",
    "vso.notification_manage": "Manage subscriptions to notifications.",
    "vso.notification_diagnostics": "Read, and switch on, the diagnostics of notifications.",
    "vso.packaging": "Read feeds and packages.",
    "vso.packaging_write": "Read, make and push feeds and packages.",
    "vso.packaging_manage": "Read, make, change and delete feeds and packages.",
    "vso.pipelineresources_use": "Approve that pipelines use protected resources.",
    "vso.pipelineresources_manage": "Manage protected resources, and who may use them.",
    "vso.profile": "Read the user's profile, organisations, projects and teams.",
    "vso.profile_write": "Change the user's profile.",
    "vso.project": "Read projects and teams.",
    "vso.project_write": "Read and change projects and teams.",
    "vso.project_manage": "Make, change and delete projects and teams.",
    "vso.release": "Read releases, their definitions and environments.",
    "vso.release_execute": "Read, change and queue releases.",
    "vso.release_manage": "Read, change, delete, queue and approve releases.",
    "vso.securefiles_read": "Read secure files.",
    "vso.securefiles_write": "Read and make secure files.",
    "vso.securefiles_manage": "Read, make and manage secure files.",
    "vso.security_manage": "Manage who has which rights.",
    "vso.serviceendpoint": "Read service connections.",
    "vso.serviceendpoint_query": "Read and query service connections.",
    "vso.serviceendpoint_manage": "Manage service connections.",
    "vso.settings": "Read settings.",
    "vso.settings_write": "Read and change settings.",
    "vso.symbols": "Read symbols.",
    "vso.symbols_write": "Read and write symbols.",
    "vso.symbols_manage": "Manage symbols.",
    "vso.taskgroups_read": "Read task groups.",
    "vso.taskgroups_write": "Read and make task groups.",
    "vso.taskgroups_manage": "Manage task groups.",
    "vso.dashboards": "Read dashboards.",
    "vso.dashboards_manage": "Manage dashboards.",
    "vso.test": "Read test plans, cases and results.",
    "vso.test_write": "Read, make and change test plans, cases and results.",
    "vso.tokens": "Manage delegated tokens of users.",
    "vso.tokenadministration": "See and revoke the tokens of all users of the organisation.",
    "vso.variablegroups_read": "Read variable groups.",
    "vso.variablegroups_write": "Read and make variable groups.",
    "vso.variablegroups_manage": "Manage variable groups.",
    "vso.wiki": "Read and search wikis.",
    "vso.wiki_write": "Read, make and change wikis and their pages.",
    "vso.work": "Read work items, queries, boards and paths; have their service hooks.",
    "vso.work_write": "Read, make and change work items and queries; have their service hooks.",
    "vso.work_full": "Everything about work items, queries, backlogs and plans.",
}


def _known(scope: str) -> str:
    if scope == FULL_ACCESS:
        raise ValueError('is not named here: say "full_access": true, if whatever the user may do is really needed')
    if scope not in SCOPES:
        raise ValueError(f"is not a scope; there are {', '.join(SCOPES)}")
    return scope


_DESCRIBED = {"oneOf": [{"const": scope, "description": words} for scope, words in SCOPES.items()]}
Scope = Annotated[str, AfterValidator(_known), WithJsonSchema({"type": "string", **_DESCRIBED})]
"""One of `SCOPES`."""


def sorted_once(scopes: Sequence[str]) -> tuple[str, ...]:
    """Return scopes in the order of `SCOPES`, each once: Azure DevOps may answer with them in another order."""
    order = {scope: number for number, scope in enumerate(SCOPES)}
    return tuple(sorted(set(scopes), key=lambda scope: (order.get(scope, len(order)), scope)))
