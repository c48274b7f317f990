"""`python -m bench NAME`: its table on stderr, JSON on stdout; without a name it lists them."""

import sys

from bench import latency, matching, proposals, recovery, soak, verify, worker

BENCHES = {
    "worker": worker.main,
    "latency": latency.main,
    "matching": matching.main,
    "proposals": proposals.main,
    "verify": verify.main,
    "recovery": recovery.main,
    "soak": soak.main,
}


def main() -> None:
    """Run the benchmark named first, with the rest as its arguments."""
    name, *rest = sys.argv[1:] or [""]
    if name not in BENCHES:
        sys.exit(f"python -m bench {'|'.join(BENCHES)} [--help]")
    BENCHES[name](rest)


if __name__ == "__main__":
    main()
