"""What figures were measured on."""

import importlib.metadata
import platform
from pathlib import Path

from threadpoolctl import threadpool_info

from rnncli.network.threads import usable_cores


def describe() -> str:
    """The processor and the cores used, Python, NumPy and its BLAS, and PyTorch where there is one."""
    info = Path("/proc/cpuinfo")
    names = (
        [line.split(":")[1].strip() for line in info.open() if line.startswith("model name")] if info.exists() else []
    )
    blas = [
        f"{lib['internal_api']} {lib['version']} ({lib.get('architecture')}) on {lib['num_threads']} threads"
        for lib in threadpool_info()
        if lib["user_api"] == "blas"
    ]
    packages = [f"{name} {version(name)}" for name in ("numpy", "torch")]
    return (
        f"{(names or [platform.machine()])[0]}, {usable_cores()} cores; Python {platform.python_version()}, "
        f"{', '.join(packages)}, {', '.join(blas)}; rnncli on {usable_cores()} threads with BLAS on 1 each"
    )


def version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "absent: its rows are left out"


if __name__ == "__main__":
    import numpy as np  # noqa: F401  so that its BLAS is there

    print(describe())
