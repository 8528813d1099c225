"""One scene for all tests of a module that play one after the other."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.scenario.theatre import Scene, a_scene


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Scene]:
    """A bot that is ready; `SCENE` of the module says what its stage is like."""
    setting = getattr(request.module, "SCENE", {})
    async with a_scene(tmp_path_factory.mktemp("scene"), **setting) as ready:
        yield ready
