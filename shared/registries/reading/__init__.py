"""Python source → what it registers, by parsing alone. Imports point down:

assembling            the summaries of all files → the registry
edges                 what registered objects depend on
inheriting, points    classes by what they inherit from, declared entry points
calls                 decorators, calls and tables that register: what, and under which names
matching              the conventions that name them, and in which registry
loops, drafts         a call in a loop, one by one; a registration before it is a node
values                what is constant
resolving             what qualified names lead to
modules               which file an import means
summaries             one file → its summary; a summary's parts
python_file, entry_points
                      a module's names and what may register; entry points of pyproject.toml and setup.cfg
definitions           a function or class, and all that it refers to
glances, scopes       one quick look at a statement; what names mean where
interest, sketches    the lines of a text that may register something; what is called there, as its module tells
bindings, expressions  what statements bind; expressions in the notation of summaries
source_text, notation bytes → text within bounds; how summaries write things
"""

from shared.registries.reading.assembling import Assembly
from shared.registries.reading.summaries import Head, Summary, summarise

__all__ = ["Assembly", "Head", "Summary", "summarise"]
