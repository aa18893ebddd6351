"""Pictures of the console's pages in both themes, for `docs/console.md`: `make screenshots`."""

import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import ViewportSize

from local.stack import Stack
from tests.functional.console.chromium import Window, chromium
from tests.functional.console.scene import Scene, make

FOLDER = Path(__file__).parents[3] / "docs/console"
SHOWN = ("overview", "tickets", "ticket", "token", "registry")
_SIZE: ViewportSize = {"width": 1180, "height": 760}
_THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def main(arguments: Sequence[str]) -> None:
    """Take the pictures of `SHOWN`, or with a folder as the argument those of all pages."""
    folder = Path(arguments[0]) if arguments else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"CONSOLE_ACCESS": "open", "SWEEP_SCHEDULE": "*/2 * * * * *"}
    with (
        TemporaryDirectory() as state,
        Stack(Path(state), time_scale=0.02, in_memory_storage=True, settings=settings) as stack,
    ):
        scene = make(stack)
        for theme in _THEMES:
            _take(stack, scene, theme, folder, scene.pages if arguments else SHOWN)


def _take(stack: Stack, scene: Scene, theme: Literal["light", "dark"], folder: Path, names: Collection[str]) -> None:
    with chromium() as browser:
        context = browser.new_context(viewport=_SIZE, color_scheme=theme)
        window = Window(context.new_page(), f"{stack.addresses.functions}/api/console")
        for name in names:
            window.open(scene.pages[name])
            window.page.wait_for_load_state("networkidle")
            window.page.screenshot(
                path=folder / f"{name.replace(' ', '-')}-{theme}.png", full_page=len(names) > len(SHOWN)
            )


if __name__ == "__main__":
    main(sys.argv[1:])
