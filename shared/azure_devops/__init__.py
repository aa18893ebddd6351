"""Azure DevOps' REST API, as far as we use it, knowing no word of ours.

Each area module builds `Call`s, which are plain values; `Organisation.do` sends one; `answers.judge` turns
what came back into a value or one of `shared.errors`, and is pure.
"""
