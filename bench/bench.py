"""What the benchmarks share: the real engine, and running a program while the kernel counts."""
import json
import os
import platform
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Tantivy:
    """The real engine, in a Node process."""

    def __init__(self, directory, command, **parameters):
        self.process = subprocess.Popen(
            ["node", os.path.join(ROOT, "tests/tantivy/host.js")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.handle = None
        self.handle = self.ask(command, directory=directory, memory=200, **parameters)["index"]

    def ask(self, command, **parameters):
        self.process.stdin.write(json.dumps({"id": 1, "command": command, "index": self.handle, **parameters}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            sys.exit(f"Tantivy: {answer['error']}")
        return answer["result"]

    def close(self):
        self.ask("close")
        self.process.stdin.close()
        self.process.wait()


def size(directory):
    """Bytes in the files of a directory, some of which may go while they are counted: the engine merges in the background."""
    total = 0
    for entry in os.scandir(directory):
        try:
            total += entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:
            pass
    return total


def run(command, shell=False):
    """Runs a command; returns what it printed, seconds, CPU seconds and peak memory in MB, of the whole tree of processes that it waited for."""
    started = time.monotonic()
    child = subprocess.Popen(["bash", "-o", "pipefail", "-c", command] if shell else command, stdout=subprocess.PIPE, text=True)
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command} ended with {child.returncode}: {output.splitlines()[-1:]}")
    return output, time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure(program, *arguments):
    """Runs segvault; returns its summary, seconds, CPU seconds and peak memory in MB."""
    output, *figures = run([program, *arguments, "--json"])
    return json.loads(output.splitlines()[-1]), *figures


def publish():
    """Publishes the native program, and says where it is."""
    return subprocess.run([os.path.join(ROOT, "eng/publish"), "linux-x64"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()[-1]


def machine():
    return f"{os.cpu_count()} cores, {platform.system()} {platform.release()}, {platform.machine()}"


def write_section(name, report):
    """Puts a report between the marks of this name in docs/benchmarks.md."""
    path = os.path.join(ROOT, "docs/benchmarks.md")
    with open(path, encoding="utf-8") as file:
        page = file.read()
    page, count = re.subn(rf"(<!-- {name} -->\n).*?(<!-- end -->)", lambda match: match[1] + report + "\n" + match[2], page, flags=re.S)
    if count != 1:
        sys.exit(f"{path} has no place for the report of {name}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(page)
