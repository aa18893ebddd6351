"""Which nodes depend on themselves by way of others."""

from collections.abc import Iterable, Mapping, Sequence


def cycles_of(edges: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return the groups of nodes of which each reaches every other, and single ones that lead to themselves; sorted.

    Tarjan's algorithm without recursion, since a chain may be longer than Python's stack.
    """
    after: dict[str, list[str]] = {}
    itself = set()
    for source, target in edges:
        after.setdefault(source, []).append(target)
        after.setdefault(target, [])
        if source == target:
            itself.add(source)
    groups = _strongly_connected(after)
    return sorted(sorted(group) for group in groups if len(group) > 1 or group[0] in itself)


def _strongly_connected(after: Mapping[str, Sequence[str]]) -> list[list[str]]:
    numbers: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_nodes: list[str] = []
    is_open: set[str] = set()
    groups: list[list[str]] = []
    for start in after:
        walk = [(start, iter(after[start]))] if start not in numbers else []
        while walk:
            node, rest = walk[-1]
            if node not in numbers:
                numbers[node] = lowest[node] = len(numbers)
                open_nodes.append(node)
                is_open.add(node)
            deeper = False
            for target in rest:
                if target not in numbers:
                    walk.append((target, iter(after[target])))
                    deeper = True
                    break
                if target in is_open:
                    lowest[node] = min(lowest[node], numbers[target])
            if deeper:
                continue
            walk.pop()
            if walk:
                lowest[walk[-1][0]] = min(lowest[walk[-1][0]], lowest[node])
            if lowest[node] == numbers[node]:
                at = open_nodes.index(node, numbers[node] and 0)
                groups.append(open_nodes[at:])
                is_open.difference_update(groups[-1])
                del open_nodes[at:]
    return groups
