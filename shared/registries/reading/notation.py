"""How summaries write expressions: small JSON arrays, of which the first entry says what it is.

["s", text]                   a string
["k", value]                  another constant: a number, true, false, null
["r", "a.b"]                  the name `a` of the module itself, and its attribute
["i", "a.b"], ["i", "..b"]    something imported, as the import statement names it
[".", of, "name"]             an attribute of an expression that is no name
["c", callee, args, keywords] a call
["j", parts]                  strings joined: f-strings, `+`
["l", items]                  a list, tuple or set; ["*", list] among the items unpacks one
["d", [[key, value], …]]      a dict
["[]", of, key]               a subscript
["o", either, or, …]          one of several: what is bound is bound more than once
["p", name, annotation]       a parameter or a variable of which only the annotation is known (or null)
["v", loop, position]         the variable of a loop around it; position is null, or which of several
["f", value]                  a value as an f-string shows it
["D", definition]             a function or class
["?", why]                    what is not read; `why` goes on "…: ", for people

While a registry is assembled there is also ["a", "a.b"]: a qualified name that is good in every module.

A definition is an object; absent members are empty:
n its qualified name within the module, l its line, c 1 if it is a class, t the first line of its docstring,
b bases, a attributes and nested definitions, p parameters as [name, annotation, default], y its return annotation,
r what it refers to as "name@line name@line", q calls in it that may look something up: [line, callee, args, keywords],
o 1 if it is an outline, without t, p, r and q, for nothing in its module registers it
"""

from typing import Any

type Expression = list[Any]
type Definition = dict[str, Any]


def unknown(why: str) -> Expression:
    """Return what stands for an expression that is not read."""
    return ["?", why]


def string(text: str) -> Expression:
    """Return a string."""
    return ["s", text]


def attribute(of: Expression, name: str) -> Expression:
    """Return an attribute of an expression: written into the name, if it is one."""
    return [of[0], f"{of[1]}.{name}"] if of[0] in ("r", "i") else [".", of, name]
