"""One stack for all tests of it: built, started from nothing, and removed with its volumes at the end."""

from collections.abc import Iterator

import pytest

from tests.deploy.stack import Stack, engine_answers


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if not engine_answers():
        pytest.skip("there is no Docker engine: the tests of the stack need one, with Compose")
    stack = Stack(tmp_path_factory.mktemp("clone"))
    stack.clone()
    try:
        print(stack.make("up"))
        yield stack
    finally:
        stack.make("purge")
