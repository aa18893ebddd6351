"""The verdicts: as lines for people, as JSON for programs."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from local.smoke.facts import FACTS, Fact, Verdict
from local.smoke.run import Run, shortened

_UNSEEN = "its call failed, or was not made: see above"
_COLUMN = 13


def verdict(run: Run, fact: Fact) -> tuple[Verdict, str]:
    """Return what the run says of a fact, and why."""
    needed = f"needs {fact.needs}" if fact.needs else _UNSEEN
    return run.settled.get(fact, (Verdict.NOT_SEEN, needed))


def all_relied_on_hold(run: Run) -> bool:
    """Whether everything holds that our code relies on; what needs more than was given may stay unseen."""
    unseen_is_fine = {fact for fact in FACTS if fact.needs}
    return all(
        found is Verdict.HOLDS or (found is Verdict.NOT_SEEN and fact in unseen_is_fine)
        for fact in FACTS
        if fact.relied_on_by
        for found, _ in [verdict(run, fact)]
    )


def lines(run: Run) -> Iterator[str]:
    """Yield the table: each fact with its verdict, the evidence below it."""
    for fact in FACTS:
        found, evidence = verdict(run, fact)
        relied = f" (relied upon by {fact.relied_on_by})" if fact.relied_on_by else ""
        yield f"{found:{_COLUMN}}  {fact.claim}"
        yield f"{'':{_COLUMN}}    {shortened(evidence)}{relied}"
    counted = [verdict(run, fact)[0] for fact in FACTS]
    yield ", ".join(f"{counted.count(each)} {each.lower().replace('_', ' ')}" for each in Verdict)


def write(run: Run, left: Sequence[str], file: Path) -> None:
    """Write the verdicts as JSON: `{"facts": [{claim, verdict, evidence, relied_on_by}], "left": [text]}`."""
    facts = [
        {"claim": fact.claim, "verdict": found, "evidence": evidence, "relied_on_by": fact.relied_on_by}
        for fact in FACTS
        for found, evidence in [verdict(run, fact)]
    ]
    text = json.dumps({"facts": facts, "left": list(left)}, indent=1, ensure_ascii=False)
    file.write_text(f"{text}\n", encoding="utf-8")
