"""What imported packages really register: run in a process of its own, prints one JSON array of [registry, name].

Counted is what is of the package and has Python source: an object that Cython compiled has no source to read.
"""

import importlib
import inspect
import json
import pkgutil
import sys
import warnings
from collections.abc import Iterator
from typing import Any

Names = Iterator[tuple[str, str, Any]]


def import_all(package: str, *, without: tuple[str, ...] = ()) -> list[str]:
    """Import every module of a package; what cannot be imported here is returned."""
    failed = []
    for found in pkgutil.walk_packages(
        importlib.import_module(package).__path__, f"{package}.", onerror=lambda _: None
    ):
        if not any(part in found.name.split(".") for part in ("tests", "__main__", *without)):
            try:
                importlib.import_module(found.name)
            except BaseException:  # noqa: BLE001  # an extra that is not installed
                failed.append(found.name)
    return failed


def catalogue_of(package: str) -> Names:
    import catalogue

    for (_, kind, *rest), registered in catalogue.REGISTRY.items():
        yield {"internal_factories": "factories"}.get(kind, kind), ".".join(rest), registered


def spacy() -> Names:
    import_all("spacy", without=("cli",))
    from spacy.language import Language
    from spacy.util import registry

    registry.ensure_populated()
    Language()  # the first one registers the factories
    return catalogue_of("spacy")


def thinc() -> Names:
    import_all("thinc")
    return catalogue_of("thinc")


def httpbin() -> Names:
    from httpbin import app

    for rule in app.url_map.iter_rules():
        yield "route", rule.rule, app.view_functions[rule.endpoint]


def celery() -> Names:
    from celery import Celery

    app = Celery("truth")
    app.finalize()
    import_all("celery", without=("bin", "contrib"))
    for name, task in app.tasks.items():
        yield "task", name, inspect.unwrap(task.run)


def django() -> Names:
    import django as package
    from django.conf import settings
    from django.core.checks.registry import registry
    from django.db.models.lookups import Lookup, Transform
    from django.template.backends.django import get_installed_libraries

    apps = ["admin", "admindocs", "auth", "contenttypes", "flatpages", "humanize", "messages", "redirects"]
    apps += ["sessions", "sitemaps", "sites", "staticfiles", "syndication"]
    settings.configure(INSTALLED_APPS=[f"django.contrib.{app}" for app in apps], SECRET_KEY="x" * 50, SITE_ID=1)
    package.setup()
    import_all("django", without=("gis", "migrations", "oracle", "mysql"))
    for check in {*registry.registered_checks, *registry.deployment_checks}:
        yield "check", check.__name__, check
    libraries = {*get_installed_libraries().values(), "django.template.defaulttags", "django.template.defaultfilters"}
    for name in {*libraries, "django.template.loader_tags", "django.templatetags.i18n"}:
        library = importlib.import_module(name).register
        for kind in ("tags", "filters"):
            for registered, function in getattr(library, kind).items():
                yield kind, registered, function
    from django.db.models.query_utils import RegisterLookupMixin

    waiting: list[Any] = [RegisterLookupMixin]
    seen = set()
    while waiting:
        owner = waiting.pop()
        waiting += [one for one in owner.__subclasses__() if one not in seen]
        seen.add(owner)
        for name, lookup in owner.__dict__.get("class_lookups", {}).items():
            assert issubclass(lookup, Lookup | Transform)
            yield f"{owner.__module__}.{owner.__qualname__}", name, lookup


def has_source(package: str, registered: Any) -> bool:
    module = getattr(registered, "__module__", None) or ""
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return module.partition(".")[0] == package and file.endswith(".py")


def main(package: str) -> None:
    warnings.simplefilter("ignore")
    found = {(registry, name) for registry, name, registered in globals()[package]() if has_source(package, registered)}
    sys.stdout.write("\n" + json.dumps(sorted(found)))


if __name__ == "__main__":
    main(sys.argv[1])
