"""What counts as a registration, as data.

models   one convention, as registry.toml and links write it
paths    qualified names such as `flask.Flask().route`, and patterns of them
bounded_toml  TOML that anybody may have written
chosen   all that hold for one repository: built in, its own, and given
builtin.toml   those that are built in
"""

from shared.registries.conventions.chosen import Conventions, FileKind, conventions_of
from shared.registries.conventions.models import Convention, LookUp

__all__ = ["Convention", "Conventions", "FileKind", "LookUp", "conventions_of"]
