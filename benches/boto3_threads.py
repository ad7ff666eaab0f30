#!/usr/bin/env python3
"""What an admin would otherwise write: boto3, twenty threads, the same role and grant in every account.

    python3 benches/boto3_threads.py [--accounts FILE.csv] [--check]

Does the task well enough to be used: it writes only what differs, tries again when it is throttled, and says what
failed. It has no plan, no journal, no session policy, no limit on what it takes for its own. benches/scale.py measures
it beside rolecall; like every AWS tool it finds its endpoint and credentials in the environment.
"""

import argparse
import collections
import concurrent.futures
import csv
import json
import pathlib
import sys
import threading

import boto3
from botocore.config import Config

SETUP = pathlib.Path(__file__).resolve().parent.parent / "setups/amazon-ml-redshift"
TRUST = json.loads((SETUP / "trust.json").read_text())
PERMISSIONS = json.loads((SETUP / "permissions.json").read_text())
ROLE, POLICY, USER = "AmazonMLRedshift", "AmazonMLRedshiftAccess", "analyst"
GRANT = "RolecallPassRole-AmazonMLRedshift"
THREADS = 20
RETRIES = Config(retries={"mode": "adaptive", "max_attempts": 8}, max_pool_connections=THREADS)
mine = threading.local()


def accounts(path, caller):
    if path:
        with open(path, newline="") as file:
            ids = [row["account_id"] for row in csv.DictReader(file)]
    else:
        pages = boto3.client("organizations", config=RETRIES).get_paginator("list_accounts").paginate()
        ids = [a["Id"] for page in pages for a in page["Accounts"] if a["Status"] == "ACTIVE"]
    return [account for account in ids if account != caller]


def document(iam, read, **names):
    """A policy as it is now, or None."""
    try:
        return read(**names)["PolicyDocument"]
    except iam.exceptions.NoSuchEntityException:
        return None


def converge(sts, account, check):
    """Brings one account into line, or only looks. Returns what was not right."""
    given = sts.assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole", RoleSessionName="rollout"
    )["Credentials"]
    # A session for each thread, for they are not safe to share, and so that IAM's model is not read for each account.
    if not hasattr(mine, "session"):
        mine.session = boto3.Session()
    iam = mine.session.client(
        "iam",
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        config=RETRIES,
    )
    wrong = []

    def unless(right, what, write, **arguments):
        if not right:
            wrong.append(what)
            if not check:
                write(**arguments)

    try:
        role = iam.get_role(RoleName=ROLE)["Role"]
        trusted = role["AssumeRolePolicyDocument"] == TRUST
        unless(trusted, "trust", iam.update_assume_role_policy, RoleName=ROLE, PolicyDocument=json.dumps(TRUST))
    except iam.exceptions.NoSuchEntityException:
        tags = [{"Key": "managed-by", "Value": "rollout"}]
        unless(False, "role", iam.create_role, RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(TRUST), Tags=tags)
    now = document(iam, iam.get_role_policy, RoleName=ROLE, PolicyName=POLICY)
    put = {"RoleName": ROLE, "PolicyName": POLICY, "PolicyDocument": json.dumps(PERMISSIONS)}
    unless(now == PERMISSIONS, "permissions", iam.put_role_policy, **put)
    grant = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": f"arn:aws:iam::{account}:role/{ROLE}",
                "Condition": {"StringEquals": {"iam:PassedToService": "machinelearning.amazonaws.com"}},
            }
        ],
    }
    now = document(iam, iam.get_user_policy, UserName=USER, PolicyName=GRANT)
    put = {"UserName": USER, "PolicyName": GRANT, "PolicyDocument": json.dumps(grant)}
    unless(now == grant, "grant", iam.put_user_policy, **put)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", help="a CSV file with a column account_id, in place of the organization")
    parser.add_argument("--check", action="store_true", help="write nothing")
    args = parser.parse_args()
    # Clients, unlike sessions, may be shared.
    sts = boto3.client("sts", config=RETRIES)
    ids = accounts(args.accounts, sts.get_caller_identity()["Account"])
    came_to = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        running = {pool.submit(converge, sts, account, args.check): account for account in ids}
        for done in concurrent.futures.as_completed(running):
            account = running[done]
            try:
                wrong = done.result()
                came_to["wrong" if wrong and args.check else "changed" if wrong else "right"] += 1
            except Exception as error:  # One account's failure is not another's.
                came_to["failed"] += 1
                print(f"{account}: {error}", file=sys.stderr)
    print(json.dumps(came_to))
    sys.exit(1 if came_to["failed"] else 3 if came_to["wrong"] else 0)


if __name__ == "__main__":
    main()
