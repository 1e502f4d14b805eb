"""One stack for all the faults; each test finds it whole and leaves it to the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.faults import candidates
from tests.faults.proxy import Proxy
from tests.faults.scene import Scene, lines_of, metrics_folder
from tests.model_process import mock_model
from tests.stack import Stack, stack


@pytest.fixture(scope="session")
def shared() -> Iterator[Scene]:
    lines: dict[tuple[str, str], Proxy] = {}
    links: list[str] = []
    with ExitStack() as opened, mock_model("--latency", "1-1.5") as model:

        def prepare(made: Stack) -> None:
            for name in ("web", "worker", "beat", "worker-2", "beat-2"):
                made.give(name, PROMETHEUS_MULTIPROC_DIR=metrics_folder(made))
            lines.update(opened.enter_context(lines_of(made, "web", "worker")))
            # What is committed stays, as with the settings of production, when the server is killed.
            made.database.execute("ALTER DATABASE candor SET synchronous_commit = on")
            links.extend(candidates.invite(made, 15))

        with stack("faults", before=prepare, OPENAI_BASE_URL=model.base_url) as running:
            scene = Scene(running, model, lines)
            scene.welcome(links)
            yield scene
            scene.heal()


@pytest.fixture
def scene(shared: Scene) -> Scene:
    shared.heal()
    shared.model.set(latency=[1, 1.5])
    return shared
