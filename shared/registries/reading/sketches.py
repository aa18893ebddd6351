"""What an expression may be called, as far as its own module tells: enough to see whether it may be a registry's."""

from collections.abc import Mapping

from shared.registries.reading.notation import Expression

_DEEPEST = 10


def sketches(path: Expression, names: Mapping[str, Expression], depth: int = 0) -> list[str]:  # noqa: PLR0911  a table
    """Return the qualified names that an expression may be; `:` begins one of the module's own."""
    if depth > _DEEPEST:
        return ["?"]
    match path:
        case ["r", str(name)]:
            return _sketches_of_name(name, names, depth)
        case ["i", str(target)]:
            return [target]
        case [".", of, str(name)]:
            return [f"{one}.{name}" for one in sketches(of, names, depth + 1)]
        case ["c", ["r" | "i", str(callee)], [bound, *_], _] if callee.rpartition(".")[2] == "partial":
            return sketches(bound, names, depth + 1)
        case ["c", callee, *_]:
            return [f"{one}()" for one in sketches(callee, names, depth + 1)]
        case ["o", *several]:
            return [one for each in several[:8] for one in sketches(each, names, depth + 1)][:16]
        case ["p", _, list() as annotation]:
            return [f"{one}()" for one in sketches(annotation, names, depth + 1)]
    return ["?"]


def _sketches_of_name(name: str, names: Mapping[str, Expression], depth: int) -> list[str]:
    root, dot, rest = name.partition(".")
    match names.get(root):
        case ["i", str(target)]:
            return [f"{target}{dot}{rest}"]
        case ["c" | "o", *_] as meaning:
            return [f"{one}{dot}{rest}" for one in sketches(meaning, names, depth + 1)]
    return [f":{name}"]
