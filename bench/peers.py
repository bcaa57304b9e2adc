"""The programs that Segvault is measured against, each with what it does by default or the nearest to Segvault's: see docs/benchmarks.md."""
import json
import os
import shutil
import subprocess
import sys

from bench import run, size

PACKAGES = {"borg": "borgbackup"}


def install(*programs):
    missing = [PACKAGES.get(program, program) for program in programs if not shutil.which(program)]
    if missing:
        print(f"installing the Debian packages {' '.join(missing)}: what Segvault is compared with", file=sys.stderr)
        subprocess.run(["apt-get", "install", "-y", "-qq", *missing], stdout=subprocess.DEVNULL, check=True)


class Segvault:
    def __init__(self, work, program, compression=None):
        self.name = f"segvault, {compression}" if compression else "segvault"
        self.repository = os.path.join(work, f"segvault-{compression or 'auto'}")
        self.program = program
        self.options = ["--compression", compression] if compression else []

    def command(self, *arguments):
        output, *figures = run([self.program, *arguments, "-r", self.repository, "--json"])
        return json.loads(output.splitlines()[-1]), figures

    def init(self):
        self.command("init")

    def backup(self, index):
        return self.command("backup", index, *self.options)[1]

    def restore(self, index, target):
        return self.command("restore", "latest", target, "--replace")[1]

    def verify(self):
        return self.command("verify", "--read-data")[1]

    def stored(self):
        return sum(size(directory) for directory, _, _ in os.walk(self.repository) if not directory.endswith("/tmp"))

    def remove(self):
        shutil.rmtree(self.repository, ignore_errors=True)


class Restic:
    name = "restic"

    def __init__(self, work):
        self.repository = os.path.join(work, "restic")
        os.environ.update(RESTIC_PASSWORD="benchmark", RESTIC_CACHE_DIR=os.path.join(work, "restic-cache"))

    def command(self, *arguments):
        return run(["restic", "-q", "-r", self.repository, *arguments])[1:]

    def init(self):
        self.command("init", "--repository-version", "2")

    def backup(self, index):
        return self.command("backup", index)

    def restore(self, index, target):
        return run(f"restic -q -r {self.repository} restore latest --target {target} && {flush(target)}", shell=True)[1:]

    def verify(self):
        return self.command("check", "--read-data")

    def stored(self):
        return sum(size(directory) for directory, _, _ in os.walk(self.repository))

    def remove(self):
        shutil.rmtree(self.repository, ignore_errors=True)


class Borg:
    name = "borg"

    def __init__(self, work):
        self.repository = os.path.join(work, "borg")
        self.backups = 0
        os.environ.update(BORG_BASE_DIR=os.path.join(work, "borg-base"), BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK="yes")

    def command(self, *arguments):
        return run(["borg", *arguments])[1:]

    def init(self):
        self.command("init", "-e", "none", self.repository)

    def backup(self, index):
        self.backups += 1
        return self.command("create", "-C", "zstd,3", f"{self.repository}::{self.backups}", index)

    def restore(self, index, target):
        return run(f"mkdir -p {target} && cd {target} && borg extract {self.repository}::{self.backups} && {flush(target)}", shell=True)[1:]

    def verify(self):
        return self.command("check", "--verify-data", self.repository)

    def stored(self):
        return sum(size(directory) for directory, _, _ in os.walk(self.repository))

    def remove(self):
        shutil.rmtree(self.repository, ignore_errors=True)


class Tar:
    """tar through zstd, flushed: what somebody would write who has no backup program. It keeps nothing apart and knows no second state."""

    name = "tar, zstd -1 -T2"

    def __init__(self, work):
        self.archive = os.path.join(work, "index.tar.zst")

    def init(self):
        pass

    def backup(self, index):
        return run(f"tar -C {index} -cf - . | zstd -q -1 -T2 -f -o {self.archive} && sync {self.archive}", shell=True)[1:]

    def restore(self, index, target):
        return run(f"mkdir -p {target} && zstd -q -dc {self.archive} | tar -C {target} -xf - && {flush(target)}", shell=True)[1:]

    def verify(self):
        return run(f"zstd -q -t {self.archive}", shell=True)[1:]

    def stored(self):
        return os.path.getsize(self.archive)

    def remove(self):
        if os.path.exists(self.archive):
            os.remove(self.archive)


class Copy:
    """cp -r, flushed."""

    name = "cp -r, sync"

    def __init__(self, work):
        self.copy = os.path.join(work, "copy")

    def init(self):
        pass

    def backup(self, index):
        return copy(index, self.copy)

    def restore(self, index, target):
        return copy(self.copy, target)

    def verify(self):
        return None

    def stored(self):
        return size(self.copy)

    def remove(self):
        shutil.rmtree(self.copy, ignore_errors=True)


def copy(source, target):
    return run(f"rm -rf {target} && cp -r {source} {target} && {flush(target)}", shell=True)[1:]


def flush(directory):
    """What Segvault does with every file that it restores, done for those who do not."""
    return f"find {directory} -type f -exec sync {{}} +"
