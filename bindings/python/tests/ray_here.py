"""A Ray of several processes on this machine, for tests."""

import os
import signal
import sys

import pytest

ray = pytest.importorskip("ray", reason="Ray is absent: `make test-ray` installs it and runs these tests")


@pytest.fixture(scope="module")
def cluster():
    """Twelve CPUs, whether the machine has them or not: how fast it is is not tested."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # of the workers, which import the tests' classes
        ray.init(num_cpus=12, include_dashboard=False, object_store_memory=256 << 20, log_to_driver=False)
        yield
        ray.shutdown()


def die_once(marker):
    """Kills this process, and only the first that comes here."""
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
