"""SARIF 2.1.0, the report format of scanners, read as a stream of snapshots.

    stream     bytes → JSON events, bounded; says where a report is broken
    runs       first pass: version, tools, rules, roots: all that may stand after the results
    reading    second pass: one result at a time → `Vulnerability` or `RefusedResult`
    rules  words  places  judgement  identities     one question each about one result
    values     reads a member that may be missing or of another type

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from shared.tickets.sarif.reading import report

__all__ = ["report"]
