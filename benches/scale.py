#!/usr/bin/env python3
"""What a rollout costs by its size: rolecall beside the floor and a boto3 script, against the sandbox's server.

    cargo build --release --bins --bench floor
    python3 benches/scale.py target/release/rolecall --accounts 100,1000 --latency 0,20 --json scale.json

Each program gets a world of its own, in another process on 127.0.0.1, and does three things there: a first apply, the
same apply again, verify. The floor is `benches/floor`, the boto3 script `benches/boto3_threads.py`; it runs where
--python names an interpreter that has boto3. What is in --json already stays there unless it is measured anew, so that
long combinations can be measured one by one. Prints the table of docs/scale.md. Needs nothing but Python, on Linux or
macOS.
"""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

BENCHES = pathlib.Path(__file__).resolve().parent
MODES = ["apply", "unchanged", "verify"]
# Round trips that follow one another in an account. apply: AssumeRole, the reads, GetUser, CreateRole, PutRolePolicy,
# PutUserPolicy. Where all is right: AssumeRole, the reads.
ROUND_TRIPS = {"apply": 6, "unchanged": 2, "verify": 2}
# What tells one measurement from another.
KEY = ["accounts", "latency_ms", "concurrency", "inventory", "who", "mode"]


class World:
    """`rolecall sandbox` in a process of its own."""

    def __init__(self, binary, accounts, latency, seed):
        self.process = subprocess.Popen(
            [binary, "sandbox", f"accounts={accounts},latency={latency}ms,seed={seed}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.exports = {}
        while "AWS_ENDPOINT_URL" not in self.exports:
            name, value = self.process.stdout.readline().removeprefix("export ").strip().split("=", 1)
            self.exports[name] = value
        self.process.stderr.readline()
        self.before = (0, 0)

    def since(self):
        """Requests and connections since this was asked last."""
        self.process.send_signal(signal.SIGUSR1)
        told = re.match(r"(\d+) requests, \d+ writes, over (\d+) connections", self.process.stderr.readline())
        now = tuple(int(n) for n in told.groups())
        since = tuple(n - was for n, was in zip(now, self.before))
        self.before = now
        return since

    def end(self):
        self.process.terminate()
        self.process.communicate()


def write_list(binary, args, accounts, path):
    """The organization's accounts as a CSV file, from a world without latency; its accounts hang on the seed alone."""
    world = World(binary, accounts, 0, args.seed)
    headers = {
        "X-Amz-Target": "AWSOrganizationsV20161128.ListAccounts",
        "Content-Type": "application/x-amz-json-1.1",
        # The sandbox checks who signs, and no signature.
        "Authorization": "AWS4-HMAC-SHA256 Credential="
        + world.exports["AWS_ACCESS_KEY_ID"]
        + "/20260101/us-east-1/organizations/aws4_request",
    }
    token = {}
    with contextlib.closing(open(path, "w")) as file:
        file.write("account_id,name\n")
        while token is not None:
            body = json.dumps(token).encode()
            request = urllib.request.Request(world.exports["AWS_ENDPOINT_URL"], body, headers, method="POST")
            page = json.load(urllib.request.urlopen(request))
            # The management account would be skipped: rolecall has nothing to do in it unasked.
            file.writelines(f"{a['Id']},{a['Name']}\n" for a in page["Accounts"] if a["Name"] != "Management")
            token = {"NextToken": page["NextToken"]} if page.get("NextToken") else None
    world.end()


def command(who, mode, args, inventory):
    """What is run."""
    if who == "rolecall":
        source = ["--accounts", inventory] if inventory else ["--organization"]
        words = [args.binary, "verify" if mode == "verify" else "apply", *source, "--pass-role-to", "user/analyst"]
        words += ["--quiet", "--concurrency", args.concurrency, "--sts-rate", args.sts_rate]
        return words + ([] if mode == "verify" else ["--yes"])
    source = ["--accounts", inventory] if inventory else []
    if who == "floor":
        return [args.floor, "--mode", mode, "--concurrency", args.concurrency, *source]
    return [args.python, BENCHES / "boto3_threads.py", *source, *(["--check"] if mode == "verify" else [])]


def measure(words, home, exports):
    """Runs it to its end: exit code, seconds, CPU seconds, most memory."""
    env = {"HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true", "PATH": os.environ.get("PATH", "")} | exports
    with open(home / "said.txt", "wb") as said:
        began = time.monotonic()
        process = subprocess.Popen([str(word) for word in words], env=env, cwd=home, stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{words}\nended with {process.returncode}:\n{(home / 'said.txt').read_text()[-4000:]}")
    # No process is told to have held less than the one that started it held: this one, some 20 MB.
    memory = used.ru_maxrss / (1024 * 1024 if platform.system() == "Darwin" else 1024)
    return {"wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime, "peak_rss_mb": memory}


def combination(args, accounts, latency, inventory):
    """One size at one latency: everybody's three commands, side by side in time."""
    whos = ["rolecall", "floor"] + (["boto3"] if args.python and accounts <= args.boto3_up_to else [])
    records = []
    for _ in range(args.repeat):
        with tempfile.TemporaryDirectory() as folder:
            worlds = {who: World(args.binary, accounts, latency, args.seed) for who in whos}
            try:
                for mode in MODES:
                    for who, world in worlds.items():
                        home = pathlib.Path(folder) / who
                        home.mkdir(exist_ok=True)
                        load = os.getloadavg()[0]
                        took = measure(command(who, mode, args, inventory), home, world.exports)
                        requests, connections = world.since()
                        record = {"accounts": accounts, "latency_ms": latency, "concurrency": args.concurrency}
                        record |= {"inventory": "csv" if inventory else "organization", "who": who, "mode": mode}
                        record |= took | {"requests": requests, "connections": connections, "load": load}
                        records.append(record)
                        print(*(record[name] for name in KEY), f"{took['wall_s']:.2f} s", file=sys.stderr)
            finally:
                for world in worlds.values():
                    world.end()
    return records


def key(record):
    return tuple(record[name] for name in KEY)


def medians(records):
    """One for each key, by the median of each figure."""
    groups = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    figures = ["wall_s", "cpu_s", "peak_rss_mb", "requests", "connections"]
    return {k: {name: statistics.median(r[name] for r in group) for name in figures} for k, group in groups.items()}


COLUMNS = [
    "accounts", "latency", "command", "wall", "× floor", "× formula", "CPU an account", "× floor", "memory", "floor's",
    "requests an account", "connections", "script: wall", "script: CPU an account",
]  # fmt: skip


def table(records):
    """One row for each command at each size and latency."""
    yield "| " + " | ".join(COLUMNS) + " |"
    yield "|" + "---|" * len(COLUMNS)
    found = medians(records)
    for k in sorted(found, key=lambda k: (k[3], *k[:3], MODES.index(k[5]))):
        accounts, latency, concurrency, inventory, who, mode = k
        if who != "rolecall":
            continue
        us, floor, script = found[k], found.get((*k[:4], "floor", mode)), found.get((*k[:4], "boto3", mode))
        wall, script_wall = (f"{it['wall_s']:.2f} s" if it else "" for it in (us, script))
        cpu, script_cpu = (f"{it['cpu_s'] * 1000 / accounts:.2f} ms" if it else "" for it in (us, script))
        memory, floor_memory = (f"{it['peak_rss_mb']:.0f} MB" if it else "" for it in (us, floor))
        of_floor = {name: f"{us[name] / floor[name]:.2f}" if floor and floor[name] else "" for name in us}
        formula = ROUND_TRIPS[mode] * latency / 1000 * accounts / concurrency
        cells = [f"{accounts:,}", f"{latency} ms", mode if inventory == "csv" else f"{mode} --organization"]
        cells += [wall, of_floor["wall_s"], f"{us['wall_s'] / formula:.2f}" if formula else ""]
        cells += [cpu, of_floor["cpu_s"], memory, floor_memory]
        cells += [f"{us['requests'] / accounts:.1f}", f"{us['connections']:.0f}", script_wall, script_cpu]
        yield "| " + " | ".join(cells) + " |"


def newest_floor(binary):
    """Where cargo puts a bench: beside the binary, with a hash in its name."""
    built = [path for path in (binary.parent / "deps").glob("floor-*") if not path.suffix]
    return max(built, key=lambda path: path.stat().st_mtime, default=None)


def main():
    numbers = lambda text: [int(part.replace("_", "")) for part in text.split(",")]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    path = lambda text: pathlib.Path(text).resolve()
    parser.add_argument("binary", type=path)
    parser.add_argument("--floor", type=path, help="[default: the newest beside BINARY]")
    parser.add_argument("--python", help="an interpreter with boto3")
    parser.add_argument("--accounts", type=numbers, default=[100, 1000], help="joined by commas; 0: only the table")
    parser.add_argument("--latency", type=numbers, default=[0, 20, 50], help="milliseconds, joined by commas")
    lists = {"choices": ["csv", "organization"], "default": "csv"}
    parser.add_argument("--inventory", **lists, help="csv leaves out what listing takes")
    parser.add_argument("--concurrency", type=int, default=50)
    parser.add_argument("--sts-rate", type=int, default=1_000_000, help="so high that it is not what is measured")
    parser.add_argument("--boto3-up-to", type=int, default=1000, help="no more accounts than these for boto3")
    parser.add_argument("--repeat", type=int, default=1, help="the table has the medians")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", type=pathlib.Path, help="where every measurement is kept")
    args = parser.parse_args()
    args.floor = args.floor or newest_floor(args.binary)
    if not args.floor:
        parser.error("no floor: cargo build --release --bins --bench floor")
    records = json.loads(args.json.read_text()) if args.json and args.json.exists() else []
    for accounts in filter(None, args.accounts):
        with tempfile.TemporaryDirectory() as folder:
            inventory = pathlib.Path(folder) / "accounts.csv" if args.inventory == "csv" else None
            if inventory:
                write_list(args.binary, args, accounts, inventory)
            for latency in args.latency:
                new = combination(args, accounts, latency, inventory)
                replaced = {key(record) for record in new}
                records = [record for record in records if key(record) not in replaced] + new
                if args.json:
                    args.json.write_text(json.dumps(records, indent=1) + "\n")
    for line in table(records):
        print(line)


if __name__ == "__main__":
    main()
