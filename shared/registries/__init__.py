"""What a repository registers under which name, read from its source and never run. Imports point down:

drawing      a registry as Mermaid or SVG
reading      one file → its summary; all summaries → the registry
graph        nodes, edges, cycles and what is missing; as JSON; what changed between two
conventions  what counts as a registration: built in, from the repository's registry.toml, or given
files        one file of a repository, as it comes in
"""
