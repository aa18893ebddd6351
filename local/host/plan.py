"""What is to be served: everything that is read before the first listener starts, and judged together."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from local.host import logs, settings_file
from local.host.bindings import Function, read_functions
from local.host.durations import time_scale
from local.host.host_json import HostJson, read_host_json
from local.host.keys import Keys
from local.host.lint import lint
from local.host.options import Options
from local.host.refusal import StartRefusedError
from local.host.runtime import Runtime

BODY_LIMIT_SETTING = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"
DEFAULT_BODY_LIMIT = 104_857_600


@dataclass(slots=True)
class Plan:
    """What is to be served, checked."""

    host_json: HostJson
    keys: Keys | None
    time_scale: float
    body_limit: int
    functions: Sequence[Function] = field(default_factory=list)


async def make_plan(options: Options, runtime: Runtime) -> Plan:
    """Read the settings, load the app and check both.

    Raises `StartRefusedError` with all problems at once. Puts the settings file into the environment, because the
    app reads its settings there, and starts logging.
    """
    problems: list[str] = []
    if options.settings:
        settings_file.apply(options.settings, os.environ, problems)
    plan = Plan(
        host_json=read_host_json(options.app, problems),
        keys=Keys.read(options.keys, problems) if options.keys else None,
        time_scale=time_scale(os.environ, problems),
        body_limit=_body_limit(problems),
    )
    logs.configure(plan.host_json.log_level, os.environ)
    try:
        metadata = await runtime.load(options.app)
    except StartRefusedError as error:
        problems += error.problems
    else:
        plan.functions = read_functions(metadata, os.environ, problems)
        problems += lint(plan.functions, plan.host_json.route_prefix, os.environ)
    if problems:
        raise StartRefusedError(problems)
    return plan


def _body_limit(problems: list[str]) -> int:
    text = os.environ.get(BODY_LIMIT_SETTING, "").strip() or str(DEFAULT_BODY_LIMIT)
    if text.isdecimal():
        return int(text)
    problems.append(f"{BODY_LIMIT_SETTING} must be a number of bytes")
    return DEFAULT_BODY_LIMIT
