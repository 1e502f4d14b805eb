"""What a release brings besides tables: rows of data files, put into public tables after every migration.

core knows no app, so an app registers its loader in AppConfig.ready.
"""

from collections.abc import Callable, Iterable

Load = Callable[[], Iterable[str]]

_loads: dict[str, Load] = {}


def register(name: str, load: Load) -> None:
    """Have `load` called after each migration; it returns a line for each thing that it changed."""
    _loads[name] = load


def load_all(say: Callable[[str], None]) -> None:
    """Run every loader; `say` hears what they changed, with the loader's name."""
    for name, load in _loads.items():
        for line in load():
            say(f"{name}: {line}")
