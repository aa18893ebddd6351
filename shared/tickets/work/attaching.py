"""Uploads the files of work items; the change that links to them is the item's own create or patch.

An upload that nothing links to is seen by nobody: if the process dies after it, or the create is tried again, the
file is uploaded again, and hangs on the item once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.azure_devops.attachments import attach, upload
from shared.tickets.vulnerabilities.files import File, fitting, missing
from shared.tickets.work.extras import ALERT, MAX_ATTACHED, Extra, Extras
from shared.tickets.work.jobs import Job
from shared.tickets.work.lane import Lane


@dataclass(frozen=True, slots=True)
class Attaching:
    """Uploads what a lane's jobs have."""

    lane: Lane

    def uploaded(self, job: Job, project: str, there: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Upload the files that are not `there` yet; return the JSON-patch operations that link to them.

        Raises what Azure DevOps raises, and `LeaseLostError`: many large files take longer than a lease.
        """
        if not job.desired.files or Extra.ATTACHMENTS in Extras(self.lane).left_out(job):
            return []
        operations: list[dict[str, Any]] = []
        for file in self._fitting(job, there):
            self.lane.stay()
            uploaded = self.lane.organisation.do(upload(project, file.name, file.content))
            operations.append(attach(uploaded, "From the security platform"))
        return operations

    def _fitting(self, job: Job, there: Sequence[str]) -> Sequence[File]:
        """Return what is not there yet, as much of it as the item may have besides; if not all, somebody is told."""
        wanted = missing(job.desired.files, there)
        files = fitting(wanted, max(0, MAX_ATTACHED - len(there)))
        if files != wanted:
            self.lane.tools.notices.tell(
                ALERT,
                self.lane.ticket_id(job),
                f"It would have {len(there) + len(wanted)} files and may have {MAX_ATTACHED}: some were left out.",
                hint="Remove files that nobody needs from the work item: its next new text attaches the rest.",
            )
        return files
