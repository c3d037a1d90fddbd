"""Run every benchmark and print one table; each runs in a process of its own."""

import subprocess
import sys

GROUPS = (
    *("measures", "nearest", "suite", "calibration", "groups", "dashboard", "atlas", "build"),
    *("infinity_chat", "taxonomy", "sampling", "export"),
)


def main() -> None:
    """Print the table: what, found, wanted."""
    print(f"{'what':<66} {'found':>12}  wanted")
    for group in GROUPS:
        subprocess.run([sys.executable, "-m", f"benchmarks.{group}"], check=True)  # noqa: S603


if __name__ == "__main__":
    main()
