"""Rate limits: a budget of TSTU per identity in a sliding window of five minutes.

https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
A request costs 1 TSTU and every further entry of a batch costs 1 more. Off unless a limit is set.
"""

import math
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass

_WINDOW = 300.0
_NEAR = 0.2
_DELAY = 0.1


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a request: refuse it, or delay it by `delay` seconds and send these headers."""

    blocked: bool
    delay: float
    headers: dict[str, str]


_FREE = Verdict(blocked=False, delay=0.0, headers={})


class Throttle:
    """Counts what each identity used; `window` is shorter where the simulator's clock runs faster."""

    def __init__(self, window: float = _WINDOW) -> None:
        self._window = window
        self._lock = threading.Lock()
        self._used: defaultdict[str, deque[tuple[float, int]]] = defaultdict(deque)

    def judge(self, identity: str, cost: int, limit: int | None) -> Verdict:
        """Charge a request of `cost` TSTU to `identity` and say whether it may pass."""
        if not limit:
            return _FREE
        with self._lock:
            now = time.monotonic()
            used = self._used[identity]
            while used and used[0][0] <= now - self._window:
                used.popleft()
            total = sum(spent for _, spent in used)
            wait = used[0][0] + self._window - now if used else 0.0
            if total >= limit:
                return Verdict(blocked=True, delay=0.0, headers=_headers(limit, 0, wait, 0.0))
            used.append((now, cost))
        remaining = max(limit - total - cost, 0)
        if remaining > limit * _NEAR:
            return _FREE
        return Verdict(blocked=False, delay=_DELAY, headers=_headers(limit, remaining, wait, _DELAY))


def _headers(limit: int, remaining: int, wait: float, delay: float) -> dict[str, str]:
    return {
        "Retry-After": str(max(math.ceil(wait if not remaining else delay), 1)),
        "X-RateLimit-Resource": "WorkItemTracking/Concurrency",
        "X-RateLimit-Delay": f"{delay:.3f}",
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(math.ceil(time.time() + wait)),
    }
