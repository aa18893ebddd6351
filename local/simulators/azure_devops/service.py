"""From a request to its answer: which route, who asks, may they, and what every answer carries."""

import time
import uuid
from dataclasses import replace
from urllib.parse import quote

from local.simulators.azure_devops import (
    attachments,
    batch,
    entitlements,
    errors,
    history,
    hook_catalogue,
    hooks,
    identity,
    locations,
    pages,
    personal_access_tokens,
    profiles,
    projects,
    reporting,
    repositories,
    sources,
    wiql,
    work_item_types,
    work_items,
)
from local.simulators.azure_devops.errors import ServiceError
from local.simulators.azure_devops.web import JSON, Answer, Call, Route, check_version
from local.simulators.azure_devops.world import World

# The order matters: the first route that matches answers.
ROUTES: tuple[Route, ...] = (
    *batch.ROUTES,
    *work_items.ROUTES,
    *wiql.ROUTES,
    *history.ROUTES,
    *reporting.ROUTES,
    *projects.ROUTES,
    *work_item_types.ROUTES,
    *hooks.ROUTES,
    *hook_catalogue.ROUTES,
    *attachments.ROUTES,
    *repositories.ROUTES,
    *sources.ROUTES,
    *entitlements.ROUTES,
    *personal_access_tokens.ROUTES,
    *profiles.ROUTES,
    *locations.ROUTES,
    *pages.ROUTES,
)
_PROCESS = str(uuid.uuid4())
_HTML = "text/html; charset=utf-8"


def handle(world: World, call: Call) -> tuple[Answer, str | None]:
    """Return the answer to a request, and who asked where that is known. Refusals are answers too."""
    who: str | None = None
    version = ""
    try:
        route, call = _routed(call)
        if (turned_away := _missing_organization(world, call)) is not None:
            return turned_away, None
        if route.area == "page":
            return pages.shown(world, call, route.handler), None
        credential = call.headers.get("authorization", "")
        known = identity.authenticate(world.store, call.organization, credential, world.entra_tokens)
        if known is None:
            return _sign_in(call, world.tenant_of(call.organization)), None
        who = known.combined
        entitlements.check_member(world, call.organization, known)
        version, answer = _answered(world, replace(call, identity=known), route)
    except ServiceError as error:
        answer = _refusal(error)
    return _finished(answer, call, version, who), who


def _routed(call: Call) -> tuple[Route, Call]:
    allowed = False
    for route in ROUTES:
        found = route.pattern.fullmatch(call.path.rstrip("/") or "/")
        if found and route.method == call.method:
            names = {name: value for name, value in found.groupdict().items() if value is not None}
            return route, replace(call, names=names)
        allowed = allowed or found is not None
    if allowed:
        message = f"The requested resource does not support http method '{call.method}'."
        raise ServiceError(405, message, "HttpMethodNotSupported", "System.Web.Http", 0, 0)
    raise errors.no_such_resource(call.path)


def _missing_organization(world: World, call: Call) -> Answer | None:
    if "organization" not in call.names:
        return None
    with world.store.transaction() as database:
        known = projects.organization_id(database, call.organization)
    if known is not None:
        return None
    page = "<!DOCTYPE html><html lang='en'><head><title>Azure DevOps Services | 404 - Not Found</title></head>"
    return Answer(page + "<body>404 - Page not found</body></html>", status=404, media_type=_HTML)


def _answered(world: World, call: Call, route: Route) -> tuple[str, Answer]:
    identity.check_right(call.identity, area=route.area, writes=route.writes)
    version = check_version(call, preview=route.preview)
    cost = 1 + max(entries_of(call) - 1, 0)
    verdict = world.throttle.judge(call.identity.mail, cost, world.settings.tstu_limit)
    if verdict.blocked:
        message = (
            "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource "
            f"'Concurrency' in namespace '{call.identity.mail}'."
        )
        kind, space = "RequestBlockedException", "Microsoft.TeamFoundation.Framework.Server"
        raise ServiceError(429, message, kind, space, headers=verdict.headers)
    time.sleep(verdict.delay)
    answer = route.handler(world, call)
    return version, replace(answer, headers={**answer.headers, **verdict.headers})


def entries_of(call: Call) -> int:
    """Return how many work items a request is about to write."""
    path = call.path.lower()
    if call.method not in {"POST", "PATCH", "DELETE"} or "/_apis/wit/" not in path:
        return 0
    if path.endswith("/$batch"):
        # Each entry has one uri; counting them costs less than reading the whole body twice.
        return call.body.count(b'"uri"')
    return int("/workitems/" in path or "/recyclebin/" in path)


def _sign_in(call: Call, tenant: str) -> Answer:
    authenticate = {"WWW-Authenticate": f'Basic realm="{call.base}/"'}
    if tenant:
        # https://github.com/git-ecosystem/git-credential-manager reads it to know where to sign in.
        authenticate["X-VSS-ResourceTenant"] = tenant
    if identity.suppresses_redirect(call.headers):
        return Answer(status=401, headers=authenticate)
    if call.method not in {"GET", "POST"}:
        return _refusal(errors.unauthorized("aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"))
    page = identity.sign_in_page(call.home)
    if call.method == "GET" and not call.headers.get("authorization"):
        where = f"{call.home}/_signin?realm=dev.azure.com&reply_to={quote(call.base + call.path, safe='')}"
        return Answer(page, status=302, headers={"Location": where}, media_type=_HTML)
    return Answer(page, status=203, media_type=_HTML)


def _refusal(error: ServiceError) -> Answer:
    headers = {"X-TFS-ServiceError": quote(error.message, safe=""), **error.headers}
    return Answer(error.body(), status=error.status, headers=headers)


def _finished(answer: Answer, call: Call, version: str, who: str | None) -> Answer:
    activity = str(uuid.uuid4())
    headers = {"ActivityId": activity, "X-TFS-ProcessId": _PROCESS, "X-VSS-E2EID": activity}
    if who:
        headers["X-VSS-UserData"] = f"{identity.identifiers(who)[0]}:{call.identity.mail or who}"
    media_type = answer.media_type
    if version and media_type == JSON and answer.status < 300:  # noqa: PLR2004
        media_type = f"{JSON}; api-version={version}"
    return replace(answer, headers={**headers, **answer.headers}, media_type=media_type)
