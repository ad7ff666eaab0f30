"""Judges that we did not write: moto, ministack, boto3 against our own sandbox, cfn-lint and an HCL parser.

usage: peers.py PATH-OF-ROLECALL

Each peer runs as a process of its own on a loopback port, and is ended by its pid.
"""

import contextlib
import csv
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import boto3
import botocore.exceptions
import cfnlint.decode
import hcl2

ROLECALL = str(pathlib.Path(sys.argv[1]).resolve())
BIN = pathlib.Path(sys.executable).parent
ROLE = "AmazonMLRedshift"
SEED = pathlib.Path(__file__).resolve().parent / "seed/setup.toml"
PASSED = 0


def check(what, holds, detail=""):
    """Counts what holds; stops at what does not."""
    global PASSED
    if not holds:
        print(f"FAILED: {what}\n{detail}")
        sys.exit(1)
    PASSED += 1
    print(f"ok: {what}")


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def server(command, environment, port):
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 90
        while True:
            with contextlib.closing(socket.socket()) as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None or time.monotonic() > deadline:
                check(f"{command[0]} starts", False)
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def client(service, endpoint, key="test", secret="test", token=None):
    return boto3.client(
        service, endpoint_url=endpoint, region_name="us-east-1",
        aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token,
    )


def assume(endpoint, account, role="OrganizationAccountAccessRole", **more):
    arn = f"arn:aws:iam::{account}:role/{role}"
    given = client("sts", endpoint).assume_role(RoleArn=arn, RoleSessionName="peer", **more)["Credentials"]
    return given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]


def rolecall(home, endpoint, *args, key="test", secret="test"):
    environment = {
        "HOME": str(home), "AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_EC2_METADATA_DISABLED": "true",
    }
    done = subprocess.run([ROLECALL, *args], cwd=home, env=environment, capture_output=True, text=True)
    path = pathlib.Path(home, "reports/latest/accounts.csv")
    rows = list(csv.DictReader(path.open(encoding="utf-8"))) if path.exists() else []
    return done, rows


def statuses(rows):
    return {status: sum(row["status"] == status for row in rows) for status in {row["status"] for row in rows}}


APPLY = ["apply", "--yes", "--quiet", "--pass-role-to", "user/analyst"]


def moto(home):
    port = free_port()
    environment = {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    with server([str(BIN / "moto_server"), "-p", str(port)], environment, port) as endpoint:
        organizations = client("organizations", endpoint)
        organizations.create_organization(FeatureSet="ALL")
        members = []
        for n in range(30):
            made = organizations.create_account(AccountName=f"member {n}", Email=f"m{n}@example.com")
            members.append(made["CreateAccountStatus"]["AccountId"])
        for member in members:
            client("iam", endpoint, *assume(endpoint, member)).create_user(UserName="analyst")

        done, rows = rolecall(home, endpoint, *APPLY, "--organization")
        check("moto: the first run creates 30", done.returncode == 0 and statuses(rows) == {"created": 30, "skipped": 1},
              done.stdout + done.stderr)
        done, rows = rolecall(home, endpoint, *APPLY, "--accounts", "reports/latest/accounts.csv")
        check("moto: the second run, from the first's report, changes nothing",
              done.returncode == 0 and statuses(rows) == {"unchanged": 30, "skipped": 1}, done.stdout + done.stderr)

        iam = client("iam", endpoint, *assume(endpoint, members[7]))
        role = iam.get_role(RoleName=ROLE)["Role"]
        service = role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"]
        check("moto: the trust is as the setup says", service == "machinelearning.amazonaws.com", role)
        check("moto: the role carries our tag", {"Key": "rolecall:setup", "Value": "amazon-ml-redshift"} in role["Tags"], role)
        grant = iam.get_user_policy(UserName="analyst", PolicyName=f"RolecallPassRole-{ROLE}")["PolicyDocument"]
        check("moto: the grant passes this role and no other", grant["Statement"][0]["Resource"] == role["Arn"], grant)

        iam = client("iam", endpoint, *assume(endpoint, members[5]))
        iam.update_role(RoleName=ROLE, Description="an older one", MaxSessionDuration=14400)
        done, rows = rolecall(home, endpoint, *APPLY, "--organization", "--include", members[5])
        role = iam.get_role(RoleName=ROLE)["Role"]
        check("moto: a description is mended and the sessions stay as long as they were",
              done.returncode == 0 and role["Description"] != "an older one" and role["MaxSessionDuration"] == 14400, role)

        one = ["apply", "amazon-ml-redshift-managed", "--yes", "--quiet", "--organization", "--include", members[3]]
        for wanted in ("created", "unchanged"):
            done, rows = rolecall(home, endpoint, *one)
            check(f"moto: the managed setup is {wanted}", done.returncode == 0 and statuses(rows)[wanted] == 1,
                  done.stdout + done.stderr)

        whole = ["--quiet", "--organization", "--pass-role-to", "user/analyst"]
        done, rows = rolecall(home, endpoint, "verify", *whole)
        check("moto: verify finds what apply made compliant",
              done.returncode == 0 and statuses(rows) == {"compliant": 30, "skipped": 1}, done.stdout + done.stderr)
        done, rows = rolecall(home, endpoint, "remove", "--yes", *whole)
        check("moto: remove takes it away", done.returncode == 0 and statuses(rows) == {"removed": 30, "skipped": 1},
              done.stdout + done.stderr)
        by_hand(home, "moto", endpoint, {"created": 30, "skipped": 1}, {"compliant": 30, "skipped": 1})


def by_hand(home, where, endpoint, made, proven, **credentials):
    """The developer guide's documents as a setup file: applied, then verified."""
    for command, code, expected in (("apply", 0, made), ("verify", 0, proven)):
        more = ["--yes"] if command == "apply" else []
        done, rows = rolecall(home, endpoint, command, str(SEED), "--quiet", "--organization", *more, **credentials)
        check(f"{where}: the guide's documents, {command}", (done.returncode, statuses(rows)) == (code, expected),
              done.stdout + done.stderr)


def ministack(home):
    port = free_port()
    environment = {"AUTH": "true", "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port)}
    account, caller = "111122223333", "000000000000"
    with server([str(BIN / "ministack")], environment, port) as endpoint:
        iam = client("iam", endpoint, key=account)
        trust = {
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow", "Action": "sts:AssumeRole",
                "Principal": {"AWS": f"arn:aws:iam::{caller}:root"},
                "Condition": {"StringEquals": {"sts:ExternalId": "the-right-one"}},
            }],
        }
        iam.create_role(RoleName="Deployer", AssumeRolePolicyDocument=json.dumps(trust))
        iam.attach_role_policy(RoleName="Deployer", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        iam.create_user(UserName="analyst")
        pathlib.Path(home, "one.csv").write_text(f"account_id,name\n{account},member\n", encoding="utf-8")
        run = [*APPLY, "--accounts", "one.csv", "--assume-role", "Deployer", "--external-id"]

        done, rows = rolecall(home, endpoint, *run, "the-wrong-one")
        row = rows[0]
        check("ministack: a wrong external id fails at assume_role",
              done.returncode == 1 and (row["status"], row["failed_step"]) == ("failed", "assume_role"), done.stdout)
        check("ministack: with code, message, request id and fix",
              row["error_code"] == "AccessDenied" and all(row[cell] for cell in ("error_message", "request_id"))
              # The caller here is the root user, whom AWS lets assume no role: that comes before any other advice.
              and row["fix"].startswith("the root user cannot assume roles"), row)
        for wanted in ("created", "unchanged"):
            done, rows = rolecall(home, endpoint, *run, "the-right-one")
            check(f"ministack: the right one is {wanted}", done.returncode == 0 and statuses(rows) == {wanted: 1},
                  done.stdout + done.stderr)


@contextlib.contextmanager
def sandbox(*args):
    """Our own sandbox on a port; yields its endpoint and the management account's key."""
    process = subprocess.Popen([ROLECALL, "sandbox", *args], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        given = {}
        while "AWS_ENDPOINT_URL" not in given:
            name, value = process.stdout.readline().removeprefix("export ").strip().split("=", 1)
            given[name] = value
        yield given["AWS_ENDPOINT_URL"], given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"]
    finally:
        process.terminate()
        process.wait()


def boto_on_sandbox(home):
    with sandbox() as (endpoint, key, secret):
        by_hand(home, "sandbox", endpoint, {"created": 38, "skipped": 3}, {"compliant": 38, "skipped": 3}, key=key, secret=secret)
        organizations = client("organizations", endpoint, key, secret)
        pages = organizations.get_paginator("list_accounts").paginate()
        accounts = [account for page in pages for account in page["Accounts"]]
        check("boto3: every account is listed once", len({account["Id"] for account in accounts}) == len(accounts) == 41)
        active = [account["Id"] for account in accounts if account["State"] == "ACTIVE"]
        closed = [account["Id"] for account in accounts if account["State"] == "CLOSED"]
        sts = client("sts", endpoint, key, secret)
        own = sts.get_caller_identity()["Account"]
        member = next(account for account in active if account != own)

        def enter(account):
            arn = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
            session = sts.assume_role(RoleArn=arn, RoleSessionName="peer")["Credentials"]
            return client("iam", endpoint, session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])

        def code(call, **args):
            try:
                call(**args)
            except botocore.exceptions.ClientError as error:
                return error.response["Error"]["Code"]
            return "ok"

        check("boto3: a closed account refuses the session", code(lambda: enter(closed[0])) == "AccessDenied")
        iam = enter(member)
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                          "Principal": {"Service": "ec2.amazonaws.com"}}]}
        made = dict(RoleName="Peer", AssumeRolePolicyDocument=json.dumps(trust))
        iam.create_role(**made, Description="<a & b>", Tags=[{"Key": "k", "Value": "a=b/c"}])
        role = iam.get_role(RoleName="peer")["Role"]
        check("boto3: the trust reads back decoded", role["AssumeRolePolicyDocument"] == trust, role)
        check("boto3: a description survives XML", role["Description"] == "<a & b>", role)
        check("boto3: a tag reads back", role["Tags"] == [{"Key": "k", "Value": "a=b/c"}], role)
        check("boto3: a name is taken once", code(iam.create_role, **made) == "EntityAlreadyExists")
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::a+b/*"}]}
        iam.put_role_policy(RoleName="Peer", PolicyName="P", PolicyDocument=json.dumps(document))
        check("boto3: a plus stays a plus", iam.get_role_policy(RoleName="Peer", PolicyName="P")["PolicyDocument"] == document)
        check("boto3: a role with a policy is not deleted", code(iam.delete_role, RoleName="Peer") == "DeleteConflict")
        check("boto3: a document that is none is refused",
              code(iam.put_role_policy, RoleName="Peer", PolicyName="Q", PolicyDocument="{}") == "MalformedPolicyDocument")
        check("boto3: a managed policy that is none is refused",
              code(iam.attach_role_policy, RoleName="Peer", PolicyArn="arn:aws:iam::aws:policy/NoSuchThing") == "NoSuchEntity")
        for n in range(120):
            iam.put_role_policy(RoleName="Peer", PolicyName=f"P{n:03}", PolicyDocument='{"Version":"2012-10-17","Statement":'
                                '{"Effect":"Deny","Action":"a:b","Resource":"*"}}')
        pages = list(iam.get_paginator("list_role_policies").paginate(RoleName="Peer"))
        check("boto3: 121 policies come in two pages", [len(page["PolicyNames"]) for page in pages] == [100, 21])
        other = enter(next(account for account in active if account not in (own, member)))
        check("boto3: one account's role is not another's", code(other.get_role, RoleName="Peer") == "NoSuchEntity")
        for name in [name for page in pages for name in page["PolicyNames"]]:
            iam.delete_role_policy(RoleName="Peer", PolicyName=name)
        check("boto3: then it is deleted", code(iam.delete_role, RoleName="Peer") == "ok")
        decision = iam.simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole", ActionNames=["iam:PassRole"])
        check("boto3: a simulation is answered", decision["EvaluationResults"][0]["EvalDecision"] == "allowed", decision)
        check("boto3: a key that nobody gave out is refused",
              code(client("sts", endpoint, "AKIANOBODY", "x").get_caller_identity) == "InvalidClientTokenId")


def tampering(home):
    """Every kind of tampering that an account's owner can do, done with boto3, and what verify says to it."""
    with sandbox("accounts=1,seed=11") as (endpoint, key, secret):
        member = next(account["Id"] for account in client("organizations", endpoint, key, secret).list_accounts()["Accounts"]
                      if account["Name"].startswith("team-"))
        session = client("sts", endpoint, key, secret).assume_role(
            RoleArn=f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole", RoleSessionName="peer")["Credentials"]
        iam = client("iam", endpoint, session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
        whom = ["--quiet", "--organization", "--pass-role-to", "user/analyst"]

        def run(command, *more):
            done, rows = rolecall(home, endpoint, command, *whom, *more, key=key, secret=secret)
            return done.returncode, next(row for row in rows if row["account_id"] == member)

        policy, grant = "AmazonMLRedshiftAccess", f"RolecallPassRole-{ROLE}"
        code, row = run("apply", "--yes")
        check("tampering: the account is made right", (code, row["status"]) == (0, "created"), row)
        trust = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
        document = iam.get_role_policy(RoleName=ROLE, PolicyName=policy)["PolicyDocument"]
        passing = iam.get_user_policy(UserName="analyst", PolicyName=grant)["PolicyDocument"]
        statement = document["Statement"][0]

        def put(changed):
            iam.put_role_policy(RoleName=ROLE, PolicyName=policy, PolicyDocument=json.dumps(changed))

        def put_trust(changed):
            iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(changed))

        def orphan():
            iam.create_role(RoleName="Gone", AssumeRolePolicyDocument=json.dumps(trust))
            by = {"AWS": f"arn:aws:iam::{member}:role/Gone"}
            more = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": by}
            put_trust({**trust, "Statement": [*trust["Statement"], more]})
            iam.delete_role(RoleName="Gone")

        def without(actions, left_out):
            return [action for action in actions if action != left_out]

        anybody = {**trust["Statement"][0], "Principal": {"AWS": "*"}}
        two = {**document, "Statement": [
            {**statement, "Action": statement["Action"][:3]}, {**statement, "Action": statement["Action"][3:]}]}
        admin = "arn:aws:iam::aws:policy/ReadOnlyAccess"
        deny = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}})
        shouting = {**document, "Statement": [{**one, "Action": [action.upper() for action in one["Action"]]}
                                               for one in document["Statement"]]}
        turned = {**document, "Statement": [{**one, "Action": one["Action"][::-1]} for one in document["Statement"][::-1]]}
        wider = {**passing, "Statement": [{**passing["Statement"][0], "Resource": "*"}]}
        clean = "compliant"
        cases = [
            ("an extra inline policy", lambda: iam.put_role_policy(RoleName=ROLE, PolicyName="ByHand", PolicyDocument=deny),
             "drifted", "inline policy ByHand is not in the setup", "permissions",
             lambda: iam.delete_role_policy(RoleName=ROLE, PolicyName="ByHand")),
            ("an extra managed policy", lambda: iam.attach_role_policy(RoleName=ROLE, PolicyArn=admin),
             "drifted", "ReadOnlyAccess is not in the setup", "permissions",
             lambda: iam.detach_role_policy(RoleName=ROLE, PolicyArn=admin)),
            ("a trust open to anybody", lambda: put_trust({**trust, "Statement": [*trust["Statement"], anybody]}),
             "drifted", "extra statement 2: Allow sts:AssumeRole for AWS *", "trust", lambda: put_trust(trust)),
            ("a trust with an orphaned principal", orphan, "drifted", "the id of a deleted role or user", "trust", lambda: put_trust(trust)),
            ("an action taken out", lambda: put({**document, "Statement": [
                {**statement, "Action": without(statement["Action"], statement["Action"][0])}, *document["Statement"][1:]]}),
             "drifted", f"Action: missing {statement['Action'][0]}", "permissions", lambda: put(document)),
            ("a statement split in two", lambda: put(two), "drifted", "differs", "permissions", lambda: put(document)),
            ("actions in another order", lambda: put(turned), clean, "", "permissions", lambda: put(document)),
            ("actions in upper case", lambda: put(shouting), clean, "", "permissions", lambda: put(document)),
            ("a policy deleted", lambda: iam.delete_role_policy(RoleName=ROLE, PolicyName=policy),
             "drifted", f"inline policy {policy} is missing", "permissions", lambda: put(document)),
            ("a permissions boundary", lambda: iam.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=admin),
             "drifted", "policy/ReadOnlyAccess` is not in the setup", "role",
             lambda: iam.delete_role_permissions_boundary(RoleName=ROLE)),
            ("our tag changed", lambda: iam.tag_role(RoleName=ROLE, Tags=[{"Key": "rolecall:setup", "Value": "mine"}]),
             "drifted", "tag rolecall:setup is `mine` instead of", "role",
             lambda: iam.tag_role(RoleName=ROLE, Tags=[{"Key": "rolecall:setup", "Value": "amazon-ml-redshift"}])),
            ("a tag of the owner's", lambda: iam.tag_role(RoleName=ROLE, Tags=[{"Key": "cost", "Value": "1"}]), clean, "", "role",
             lambda: iam.untag_role(RoleName=ROLE, TagKeys=["cost"])),
            ("the description changed", lambda: iam.update_role(RoleName=ROLE, Description="other"),
             "drifted", "description is `other` instead of", "role", lambda: run("apply", "--yes")),
            ("the grant widened", lambda: iam.put_user_policy(UserName="analyst", PolicyName=grant, PolicyDocument=json.dumps(wider)),
             "drifted", "Resource: found * instead of", "pass_role", lambda: run("apply", "--yes")),
            ("the grant deleted", lambda: iam.delete_user_policy(UserName="analyst", PolicyName=grant),
             "drifted", f"{grant} is missing", "pass_role", lambda: run("apply", "--yes")),
        ]
        for name, tamper, status, said, part, mend in cases:
            tamper()
            code, row = run("verify")
            drifted = status == "drifted"
            check(f"tampering: {name} is {status}", code == (3 if drifted else 0) and row["status"] == status
                  and said in row["notes"] and (row[part] in ("drifted", "missing")) == drifted, row)
            print(f"    exit {code}  {row['notes']}")
            mend()
            code, row = run("verify")
            check(f"tampering: {name}, mended, is compliant", (code, row["status"]) == (0, clean), row)

        iam.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=admin)
        code, row = run("verify", "--simulate")
        check("tampering: the simulator says that the boundary defeats the role",
              code == 3 and "is denied: the permissions boundary does not allow it" in row["notes"], row)
        print(f"    exit {code}  {row['notes']}")
        iam.delete_role_permissions_boundary(RoleName=ROLE)
        code, row = run("verify", "--simulate")
        check("tampering: and without it nothing is denied", (code, row["status"]) == (0, clean), row)

        code, row = run("remove", "--yes")
        check("tampering: remove takes the setup away", (code, row["status"]) == (0, "removed"), row)
        check("tampering: and leaves the user", iam.get_user(UserName="analyst")["User"]["UserName"] == "analyst")


def templates(home):
    """cfn-lint and an HCL parser read what `setup bootstrap` writes."""
    trust = "arn:aws:iam::111122223333:role/Runner"
    for whose in ([], ["--caller"]):
        def written(form):
            words = ["setup", "bootstrap", *whose, "--pass-role-to", "user/analyst", "--trust-to", trust]
            return subprocess.run([ROLECALL, *words, "--format", form], check=True, capture_output=True, text=True).stdout

        template = pathlib.Path(home) / "template.yaml"
        template.write_text(written("cloudformation"))
        lint = subprocess.run([BIN / "cfn-lint", template], capture_output=True, text=True)
        check(f"templates: cfn-lint finds nothing {whose}", lint.returncode == 0, lint.stdout + lint.stderr)
        plain = json.loads(written("json"))
        decoded, _ = cfnlint.decode.decode(str(template))
        resources = decoded["Resources"]
        policy = (resources["Policy"]["Properties"]["PolicyDocument"] if whose
                  else resources["Role"]["Properties"]["Policies"][0]["PolicyDocument"])
        told = [statement["Action"] for statement in (plain if whose else plain["permissions"])["Statement"]]
        check(f"templates: CloudFormation and JSON allow the same {whose}",
              [list(statement["Action"]) for statement in policy["Statement"]] == told, policy)
        blocks = hcl2.loads(written("terraform"))
        check(f"templates: the Terraform file is HCL {whose}",
              {"terraform", "variable", "data", "resource", "output"} <= set(blocks), blocks)


def signatures(home):
    """OpenSSH and coreutils check a signed run, and what they make is checked by rolecall."""
    def ran(*words, cwd=home, **more):
        return subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True, **more)

    environment = {"HOME": home, "AWS_EC2_METADATA_DISABLED": "true", "PATH": os.environ["PATH"]}
    run = pathlib.Path(home, "reports/latest")
    ran(ROLECALL, "verify", "--sandbox", "--quiet", env=environment)
    keys = [("ed25519", ["-t", "ed25519"]), ("rsa", ["-t", "rsa", "-b", "2048"])]
    for name, kind in keys:
        ran("ssh-keygen", "-q", *kind, "-N", "", "-f", name, check=True)
    signers = pathlib.Path(home, "signers")
    public = [pathlib.Path(home, f"{name}.pub").read_text() for name, _ in keys]
    signers.write_text("".join(f"audit@example.com {key}" for key in public))

    def openssh():
        words = ["-f", signers, "-I", "audit@example.com", "-n", "rolecall-evidence", "-s", "run.json.sig"]
        return ran("ssh-keygen", "-Y", "verify", *words, cwd=run, input=(run / "run.json").read_text())

    def sums():
        files = json.loads((run / "run.json").read_text())["files"]
        lines = "".join(f"{file['sha256']}  {name}\n" for name, file in files.items())
        return ran("sha256sum", "-c", cwd=run, input=lines)

    def ours():
        return ran(ROLECALL, "evidence", "check", "latest", "--allowed-signers", signers, env=environment)

    done = ran(ROLECALL, "evidence", "sign", "latest", "--key", "ed25519", env=environment)
    check("signatures: a run is signed", done.returncode == 0, done)
    for what, judge in (("ssh-keygen", openssh), ("sha256sum", sums), ("rolecall", ours)):
        done = judge()
        check(f"signatures: {what} finds all well", done.returncode == 0, done)
        print("    " + done.stdout.strip().replace("\n", "\n    "))
    for name, judges in (("run.json", (openssh, ours)), ("accounts.csv", (sums, ours)), ("report.html", (sums, ours))):
        whole = (run / name).read_bytes()
        (run / name).write_bytes(whole.replace(b"amazon", b"amazom", 1))
        for judge in judges:
            done = judge()
            check(f"signatures: {judge.__name__} sees one byte of {name} changed", done.returncode == 1 or judge is openssh
                  and done.returncode == 255, done)
            print("    " + (done.stdout + done.stderr).strip().splitlines()[0])
        (run / name).write_bytes(whole)

    (run / "run.json.sig").unlink()
    ran("ssh-keygen", "-Y", "sign", "-n", "rolecall-evidence", "-f", "ed25519", run / "run.json", check=True)
    done = ours()
    check("signatures: what ssh-keygen signed fits for rolecall", done.returncode == 0 and "audit@example.com" in done.stdout, done)
    (run / "run.json.sig").unlink()
    ran("ssh-keygen", "-Y", "sign", "-n", "rolecall-evidence", "-f", "rsa", run / "run.json", check=True)
    done = ours()
    check("signatures: an RSA key's is left to ssh-keygen", done.returncode == 1 and "ssh-keygen -Y verify" in done.stdout, done)
    check("signatures: which finds it well", openssh().returncode == 0)


for peer in (signatures, templates, boto_on_sandbox, tampering, ministack, moto):
    with tempfile.TemporaryDirectory() as home:
        peer(home)
print(f"{PASSED} passed, 0 failed")
