"""What tests of every tier may ask for: `kafka`, one real broker for the whole session."""

import signal
from collections.abc import Iterator

import pytest

from deploy.broker.kit import Kit, prepare

# Whoever starts the tests in the background has them ignore Ctrl-C, and all that they start too;
# some of what they start is to be ended by it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def kafka_kit() -> Kit:
    """Java, the locked jars and the class archive: made once, kept in the cache."""
    return prepare(progress=False)


@pytest.fixture(scope="session")
def kafka(kafka_kit: Kit, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The ``host:port`` of a real broker of this session; keep your topics apart from others."""
    with kafka_kit.broker(tmp_path_factory.mktemp("kafka")) as broker:
        assert broker.bootstrap is not None
        yield broker.bootstrap
