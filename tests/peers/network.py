"""A corporate proxy that is real: mitmproxy between rolecall and its sandbox, with AWS's own host names.

    python network.py path/to/rolecall path/to/mitmdump

TLS is inspected with mitmproxy's own CA, every AWS host is mapped onto `rolecall sandbox`, and what was asked is read from
the proxy's own log.
"""

import collections
import csv
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROLECALL, MITMDUMP = (str(Path(arg).absolute()) for arg in sys.argv[1:3])
HOME = Path(tempfile.mkdtemp(prefix="rolecall-network-"))
AWS_HOSTS = r";https://[^/]*\.(amazonaws\.com|api\.aws|aws\.amazon\.com)"
failed = []
# What this has started, and ends.
started = []


def check(what, holds, shown=""):
    print(f"{'ok  ' if holds else 'FAIL'} {what}{'' if holds else ': ' + str(shown)}", flush=True)
    if not holds:
        failed.append(what)


class Sandbox:
    """`rolecall sandbox`, with the keys of its administrator."""

    def __init__(self, world="healthy"):
        self.process = subprocess.Popen(
            [ROLECALL, "sandbox", world], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=HOME
        )
        started.append(self.process)
        self.environment = {}
        for line in self.process.stdout:
            name, _, value = line.removeprefix("export ").strip().partition("=")
            self.environment[name] = value
            if name == "AWS_ENDPOINT_URL":
                break

    def keys(self):
        names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
        return {name: self.environment[name] for name in names}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


LOG_HOSTS = HOME / "hosts.py"
LOG_HOSTS.write_text(
    "import os\n"
    "from mitmproxy import http\n"
    "def say(line):\n"
    "    with open(os.environ['ROLECALL_PROXY_LOG'], 'a') as log:\n"
    "        log.write(line + '\\n')\n"
    "class Hosts:\n"
    "    def request(self, flow):\n"
    "        say('request ' + flow.request.pretty_host + ' ' + flow.request.headers.get('x-amz-target', ''))\n"
    "    def http_connect(self, flow):\n"
    "        say('connect ' + flow.request.host)\n"
    "addons = [Hosts()]\n"
)


class Proxy:
    """mitmproxy, in front of a sandbox."""

    def __init__(self, sandbox, *more):
        self.port, self.log = free_port(), HOME / f"proxy-{time.monotonic_ns()}.log"
        self.confdir = HOME / "ca"
        command = [MITMDUMP, "-q", "--listen-host", "127.0.0.1", "--listen-port", str(self.port)]
        command += ["--set", f"confdir={self.confdir}", "--set", "connection_strategy=lazy", "--set", "keep_host_header=true"]
        command += ["--map-remote", f"{AWS_HOSTS};{sandbox.environment['AWS_ENDPOINT_URL']}", "-s", str(LOG_HOSTS), *more]
        self.process = subprocess.Popen(command, env={**os.environ, "ROLECALL_PROXY_LOG": str(self.log)}, cwd=HOME)
        started.append(self.process)
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    break
            time.sleep(0.1)

    def environment(self, user=""):
        return {
            "HTTPS_PROXY": f"http://{user}127.0.0.1:{self.port}",
            "AWS_CA_BUNDLE": str(self.confdir / "mitmproxy-ca-cert.pem"),
        }

    def asked(self):
        """What the proxy saw since it was asked last: host names, without doubles."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return sorted({line.split()[1] for line in lines})

    def end(self):
        self.process.terminate()
        self.process.wait()


def environment(variables):
    home = {"HOME": str(HOME), "PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true"}
    return {**home, **variables}


def run(arguments, variables, timeout=120):
    started = time.monotonic()
    ran = subprocess.run(
        [ROLECALL, *arguments], env=environment(variables), cwd=HOME, text=True, capture_output=True, timeout=timeout
    )
    return ran, time.monotonic() - started


def statuses():
    """How many accounts of the newest run have each status."""
    with open(HOME / "reports/latest/accounts.csv", newline="") as file:
        return collections.Counter(row["status"] for row in csv.DictReader(file))


APPLY = ["apply", "--organization", "--yes", "--quiet", "--pass-role-to", "user/analyst"]


def main_job():
    sandbox = Sandbox()
    proxy = Proxy(sandbox)
    variables = {**sandbox.keys(), **proxy.environment(), "AWS_REGION": "eu-west-1"}
    ran, _ = run(APPLY, variables)
    asked = proxy.asked()
    print("     asked:", ", ".join(asked))
    check("the main job ends well through an inspecting proxy", ran.returncode == 0, ran.stderr)
    hosts = ["iam.amazonaws.com", "organizations.us-east-1.amazonaws.com", "sts.eu-west-1.amazonaws.com"]
    check("each service is asked by its own host name", asked == hosts, asked)
    done = statuses()
    right = {"created", "updated", "unchanged"}
    check("in 38 accounts", sum(count for status, count in done.items() if status in right) == 38, done)
    ran, _ = run(APPLY, variables)
    check("again, and 38 accounts are unchanged", ran.returncode == 0 and statuses()["unchanged"] == 38, ran.stderr)
    proxy.asked()

    without = {name: value for name, value in variables.items() if name != "AWS_CA_BUNDLE"}
    ran, _ = run(["accounts", "--organization"], {**without, "AWS_MAX_ATTEMPTS": "1"})
    told = "AWS_CA_BUNDLE" in ran.stderr and "UnknownIssuer" in ran.stderr
    check("an authority that is not known is told with its variable", ran.returncode == 1 and told, ran.stderr)

    for name, more, hosts in [
        ("FIPS", {"AWS_USE_FIPS_ENDPOINT": "true", "AWS_REGION": "us-east-1"},
         ["organizations-fips.us-east-1.amazonaws.com", "sts-fips.us-east-1.amazonaws.com"]),
        ("dual-stack", {"AWS_USE_DUALSTACK_ENDPOINT": "true"}, ["organizations.us-east-1.api.aws", "sts.eu-west-1.api.aws"]),
        ("GovCloud", {"AWS_REGION": "us-gov-west-1"},
         ["organizations.us-gov-west-1.amazonaws.com", "sts.us-gov-west-1.amazonaws.com"]),
        ("NO_PROXY for sts alone", {"NO_PROXY": "sts.eu-west-1.amazonaws.com", "AWS_MAX_ATTEMPTS": "1"}, []),
    ]:
        proxy.asked()
        ran, _ = run(["accounts", "--organization"], {**variables, **more})
        asked = proxy.asked()
        print(f"     {name} asked:", ", ".join(asked), f"(exit {ran.returncode})")
        check(f"{name}: the hosts that are asked", asked == hosts, (asked, ran.stderr))
    proxy.end()

    secret = Proxy(sandbox, "--proxyauth", "me:s@cret")
    ran, _ = run(["accounts", "--organization"], {**variables, **secret.environment("me:s%40cret@")})
    check("a proxy with a password", ran.returncode == 0, ran.stderr)
    ran, seconds = run(["accounts", "--organization"], {**variables, **secret.environment("me:wrong@")})
    told = "407" in ran.stderr and "HTTPS_PROXY" in ran.stderr and "wrong" not in ran.stderr
    check("a wrong password is told at once, and not shown", ran.returncode == 1 and told and seconds < 10, ran.stderr)
    secret.end()

    nobody = {"HTTPS_PROXY": f"http://127.0.0.1:{free_port()}"}
    ran, _ = run(["accounts", "--organization"], {**variables, **nobody})
    told = "(HTTPS_PROXY)" in ran.stderr and "hint: check the proxy in HTTPS_PROXY" in ran.stderr
    check("a proxy that is not there is told with its variable", ran.returncode == 1 and told, ran.stderr)

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        hangs = {"HTTPS_PROXY": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        process = subprocess.Popen(
            [ROLECALL, "accounts", "--organization"], env=environment({**variables, **hangs, "AWS_MAX_ATTEMPTS": "2"}),
            cwd=HOME, text=True, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        )
        first = process.stderr.readline()
        check("one that hangs is told while it is tried", "no answer yet" in first and "(HTTPS_PROXY)" in first, first)
        rest = process.communicate(timeout=120)[1]
        check("and named at the end", process.returncode == 1 and "(HTTPS_PROXY)" in rest, rest)


if __name__ == "__main__":
    try:
        main_job()
    finally:
        for process in started:
            process.terminate()
            process.wait()
    print(f"{len(failed)} failed" if failed else "all as it should be")
    sys.exit(bool(failed))
