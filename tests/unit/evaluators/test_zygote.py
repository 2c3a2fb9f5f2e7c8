import resource
from pathlib import Path

from evaluators.sandbox import zygote


def test_the_address_space_is_measured_without_proc():
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limits = resource.getrlimit(resource.RLIMIT_AS)
    measured = zygote._address_space()

    assert abs(measured - pages * resource.getpagesize()) < 4 << 20
    assert resource.getrlimit(resource.RLIMIT_AS) == limits
