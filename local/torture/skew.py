"""Clocks that are wrong: a small C library that is loaded before all others moves a host's CLOCK_REALTIME."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_SOURCE = Path(__file__).with_name("skew.c")
_FAR = 300
_NEAR = 2.0
_ASK = "import time; print(time.time())"


@dataclass(frozen=True, slots=True)
class Skew:
    """The library, or why there is none."""

    library: Path | None
    why_not: str = ""

    @classmethod
    def build(cls, folder: Path) -> "Skew":
        """Compile the library into `folder` and try it; whatever is missing is said, and clocks stay right."""
        if sys.platform != "linux":
            return cls(None, "clocks stay right: the library that moves them is for Linux")
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        if compiler is None:
            return cls(None, "clocks stay right: there is no C compiler (cc, gcc or clang) on the PATH")
        library = folder / "skew.so"
        command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(_SOURCE), "-ldl"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return cls(None, f"clocks stay right: {compiler} failed: {done.stderr.strip()[:300]}")
        skew = cls(library)
        if abs(_asked(skew.environment(_FAR)) - _asked({}) - _FAR) > _NEAR:
            return cls(None, "clocks stay right: this Python's clock cannot be moved by LD_PRELOAD")
        return skew

    def environment(self, seconds: int) -> Mapping[str, str]:
        """Return what a process needs for its clock to be `seconds` ahead (behind, if negative)."""
        if self.library is None:
            return {}
        return {"LD_PRELOAD": str(self.library), "CLOCK_SKEW": str(seconds)}


def _asked(environment: Mapping[str, str]) -> float:
    done = subprocess.run([sys.executable, "-c", _ASK], env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)
