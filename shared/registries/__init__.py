"""Registries: what a repository's source registers under which name, and what it depends on, read and never executed.

The map, in the order in which imports may point (down, never up); each of these says what is in it:

keeping      what was read is kept by commit, followed as it changes, and answered
sources      a repository's files out of Azure Repos
drawing      Mermaid and SVG
graph        names, dependencies, and what differs between two commits
reading      what one file says, and what all of them say together
conventions  what counts as a registration
files        a file's content, or why there is none
"""
