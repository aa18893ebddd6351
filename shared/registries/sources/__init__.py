"""A repository's source out of Azure Repos: which commit, which files, and their contents, whatever they hold.

contents    contents of files by as few calls as possible, each proved by its object id
archives    zip archives of strangers, opened in memory and never unpacked
trees       which files of a commit are read at all
versions    branch, tag or commit → commit
repositories  the repository by its name, or why it cannot be read
object_ids  Git's names of contents
limits      how much of all this is read
"""
