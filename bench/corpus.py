"""Real text for the benchmarks, and indexes of it."""
import glob
import os
import shutil
import subprocess

from bench import ROOT, Tantivy, size

EXTENSIONS = [".c", ".h", ".S", ".rst", ".dts", ".dtsi", ".txt"]
FILES_A_COMMIT = 4000


def corpus():
    """The kernel's source, unpacked once into artifacts/."""
    cache = os.path.join(ROOT, "artifacts/corpus-linux")
    if not os.path.exists(os.path.join(cache, "complete")):
        os.makedirs(cache, exist_ok=True)
        package = subprocess.run("apt-cache depends linux-source | awk '/Depends:/ {print $2; exit}'", shell=True, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        subprocess.run(["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", package], cwd=cache, check=True)
        subprocess.run(["dpkg", "-x", *glob.glob(cache + "/*.deb"), cache], check=True)
        subprocess.run(["tar", "-xf", *glob.glob(cache + "/usr/src/*.tar.xz")], cwd=cache, check=True)
        for left in glob.glob(cache + "/*.deb") + glob.glob(cache + "/usr"):
            shutil.rmtree(left) if os.path.isdir(left) else os.remove(left)
        open(os.path.join(cache, "complete"), "w", encoding="utf-8").close()
    return next(path for path in glob.glob(cache + "/linux-source-*") if os.path.isdir(path))


class GrowingIndex:
    """An index to which more of the sources is added again and again. What was indexed once comes again with its lines in another order."""

    def __init__(self, directory, text):
        self.directory, self.text = directory, text
        self.skip = self.turn = 0
        self.next_id = 1
        Tantivy(directory, "create").close()

    def grow(self, files, delete=0.0):
        engine = Tantivy(self.directory, "open")
        added = engine.ask("addFiles", directory=self.text, extensions=EXTENSIONS, skip=self.skip, limit=files, firstId=self.next_id, turn=self.turn)
        if delete:
            step = int(1 / delete)
            engine.ask("delete", ids=list(range(1 + self.skip % step, self.next_id, step)))
        engine.ask("commit")
        engine.close()
        self.next_id = added["nextId"]
        self.skip += files
        if added["count"] < files:
            self.skip, self.turn = 0, self.turn + 1

    def grow_to(self, wanted):
        while size(self.directory) < wanted:
            self.grow(FILES_A_COMMIT)


def multiply(source, target, copies):
    """An index of copies of another's segments."""
    engine = Tantivy(target, "create")
    engine.ask("graft", source=source, copies=copies)
    engine.close()


def drop_caches():
    os.sync()
    if os.geteuid() == 0:
        with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
            file.write("3\n")
