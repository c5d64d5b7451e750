"""Run the campaign, or some kinds of it: fuzzed files and texts, kills, load, leftovers, memory.

    python -m benchmarks.campaign [--only KIND ...] [--scale 0.02] [--seed 0]
        [--json benchmarks/campaign.json --table docs/reliability.md]

Each kind runs in a process of its own, so that a crash of one is counted and the others go on. `--scale 1` takes a quarter of
an hour on two fast cores, 0.02 a few minutes. A kind that runs again replaces its earlier figures in the JSON; the others stay.
"""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.campaign.processes import try_in_own_process
from benchmarks.campaign.table import write_table

KINDS = ("pictures", "zips", "texts", "galleries", "checkpoints", "kills", "leftovers", "load", "memory")


def main(arguments: list[str] | None = None) -> int:
    """Run, print and write; returns 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=KINDS, default=KINDS, metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--scale", type=float, default=0.02, help="share of the full number of tries (default: 0.02)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--table", type=Path, help="document whose table is rewritten from the JSON")
    flags = parser.parse_args(arguments)
    if flags.table and not flags.json:
        parser.error("--table is written from --json; give that, too")
    broken = 0
    for kind in flags.only:
        print(f"{kind} ...", file=sys.stderr, flush=True)
        figures = try_in_own_process(kind, flags.scale, flags.seed)
        broken += len(figures["broken promises"])
        print(json.dumps({kind: figures}, indent=2), flush=True)
        if flags.json:
            known = json.loads(flags.json.read_text()) if flags.json.exists() else {}
            known = {**known, kind: figures}
            ordered = {name: known[name] for name in KINDS if name in known}
            flags.json.write_text(json.dumps(ordered, indent=2) + "\n")
            if flags.table:
                write_table(flags.table, ordered)
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
