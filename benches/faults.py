#!/usr/bin/env python3
"""What faults cost: one run of `apply` for each kind and rate, against the sandbox's server.

    python3 benches/faults.py target/release/rolecall --accounts 500

Prints the table of docs/faults.md. The run without faults is what the others are compared with: writes that took effect
beyond its own are extra. Needs nothing but Python; talks to 127.0.0.1 only.
"""

import argparse
import collections
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

KINDS = ["throttle", "429", "error", "html", "reset", "hang", "slow", "expired", "busy", "stale", "mixed"]
# Writes that AWS does not take twice: a second one that took effect would be a mistake.
ONCE = {"CreateRole"}


def environment(home, exports):
    """Nothing of this machine's AWS configuration, and the sandbox's own."""
    env = {"HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true", "PATH": os.environ.get("PATH", "")}
    return env | exports


def run(binary, world, concurrency):
    """One world, one apply: the rows, the writes that took effect, the seconds."""
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder)
        log = home / "requests.jsonl"
        server = subprocess.Popen(
            [binary, "sandbox", world, "--request-log", log],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(home, {}),
            cwd=home,
            text=True,
        )
        try:
            exports = {}
            for line in server.stdout:
                name, value = line.removeprefix("export ").strip().split("=", 1)
                exports[name] = value
                if name == "AWS_ENDPOINT_URL":
                    break
            command = [binary, "apply", "--organization", "--yes", "--quiet", "--pass-role-to", "user/analyst"]
            command += ["--concurrency", str(concurrency)]
            began = time.monotonic()
            ended = subprocess.run(command, env=environment(home, exports), cwd=home, capture_output=True, text=True)
            seconds = time.monotonic() - began
        finally:
            server.terminate()
            server.wait()
        with open(home / "reports/latest/accounts.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            if row["status"] == "failed":
                print(world, row["account_id"], row["failed_step"], row["error_code"], row["attempts"], file=sys.stderr)
        effects = collections.Counter()
        for line in log.read_text().splitlines():
            entry = json.loads(line)
            if entry["write"] and entry["code"] in ("ok", "reset-after/ok"):
                effects[entry["account"], entry["action"], entry.get("resource")] += 1
        twice = sum(times - 1 for (_, action, _), times in effects.items() if action in ONCE)
        return {
            "exit": ended.returncode,
            "rows": len(rows),
            "done": sum(row["status"] in ("created", "updated", "unchanged") for row in rows),
            "failed": sum(row["status"] == "failed" for row in rows),
            "writes": sum(effects.values()),
            "twice": twice,
            "attempts": max(int(row["attempts"]) for row in rows),
            "seconds": seconds,
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--accounts", type=int, default=500)
    parser.add_argument("--concurrency", type=int, default=50)
    parser.add_argument("--rates", default="10,30", help="percent, joined by commas")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    binary = str(args.binary.resolve())
    world = f"accounts={args.accounts},seed={args.seed}"
    print("| fault | rate | rows | done | failed | extra writes | roles made twice | most tries | wall time |")
    print("|---|---|---|---|---|---|---|---|---|")
    plain = run(binary, world, args.concurrency)
    worst = 0
    cases = [("none", None)] + [(kind, rate) for kind in args.kinds.split(",") for rate in args.rates.split(",")]
    for kind, rate in cases:
        ran = plain if rate is None else run(binary, f"{world},faults={kind}:{rate}%", args.concurrency)
        extra = ran["writes"] - plain["writes"]
        cells = [kind, f"{rate} %" if rate else "", ran["rows"], ran["done"], ran["failed"], extra, ran["twice"]]
        cells += [ran["attempts"], f"{ran['seconds']:.1f} s"]
        print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)
        worst = max(worst, ran["exit"], ran["twice"])
    sys.exit(1 if worst else 0)


if __name__ == "__main__":
    main()
