#!/usr/bin/env python3
"""A report folder of many runs, made of one real run, and what `rolecall history` takes for it.

    python3 benches/history.py target/release/rolecall --runs 40 --accounts 2000 --keep target/history

Every run is a copy of a verify run whose rows are dealt anew: most accounts are well, some drift once, some again and
again, a few are failed or skipped. Its digests are made to fit, so that each run is counted.
"""

import argparse
import csv
import datetime
import hashlib
import io
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import time


def rolecall(binary, home, *args):
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true"}
    return subprocess.run([binary, *args], cwd=home, env=environment, capture_output=True, text=True, check=False)


def deal(rng, rows, run, troubled):
    for row in rows:
        account = row["account_id"]
        often = troubled.setdefault(account, rng.choices([0, 0.02, 0.35], [90, 8, 2])[0])
        if row["status"] == "skipped":
            continue
        luck = rng.random()
        row["status"] = "drifted" if luck < often else "failed" if luck > 0.998 else "compliant"
        row["trust"] = "drifted" if row["status"] == "drifted" else "unchanged"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary", type=pathlib.Path)
    arguments.add_argument("--runs", type=int, default=40)
    arguments.add_argument("--accounts", type=int, default=2000)
    arguments.add_argument("--keep", type=pathlib.Path, help="leave the folder and the page here")
    given = arguments.parse_args()
    binary = given.binary.resolve()
    home = pathlib.Path(tempfile.mkdtemp(prefix="rolecall-history-"))
    ran = rolecall(binary, home, "verify", f"--sandbox=accounts={given.accounts},seed=7", "--quiet")
    assert ran.returncode in (0, 1, 3), ran
    seed = (home / "reports" / "latest").resolve()
    record = json.loads((seed / "run.json").read_text())
    with open(seed / "accounts.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rng, troubled = random.Random(7), {}
    folder = home / "many"
    folder.mkdir()
    begin = datetime.datetime(2024, 1, 1, 6, tzinfo=datetime.timezone.utc)
    for run in range(given.runs):
        at = begin + datetime.timedelta(days=23 * run)
        run_id = f"{at:%Y-%m-%dT%H-%M-%SZ}-verify-{record['setup']}"
        deal(rng, rows, run, troubled)
        text = io.StringIO()
        writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
        data = text.getvalue().encode()
        record.update(run_id=run_id, started_at=f"{at:%Y-%m-%dT%H:%M:%SZ}", ended_at=f"{at:%Y-%m-%dT%H:%M:%SZ}")
        record["files"]["accounts.csv"] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        (folder / run_id).mkdir()
        (folder / run_id / "accounts.csv").write_bytes(data)
        shutil.copy(seed / "evidence.jsonl", folder / run_id)
        (folder / run_id / "run.json").write_text(json.dumps(record))
    took, command = [], [str(binary), "history", str(folder), "--html", str(home / "history.html")]
    for _ in range(3):
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        took.append((time.monotonic() - began, usage.ru_maxrss / 1024))
        assert status == 0, status
    page = (home / "history.html").stat().st_size / 1e6
    seconds, megabytes = sorted(took)[1]
    print(f"{given.runs} runs of {given.accounts} accounts: {seconds:.2f} s, {megabytes:.0f} MB, page {page:.2f} MB")
    if given.keep:
        shutil.rmtree(given.keep, ignore_errors=True)
        given.keep.mkdir(parents=True)
        shutil.copytree(folder, given.keep / "reports")
        shutil.copy(home / "history.html", given.keep)
    shutil.rmtree(home)


if __name__ == "__main__":
    main()
