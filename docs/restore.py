#!/usr/bin/env python3
"""Restores a backup from a Segvault repository directory, without Segvault.

    python3 restore.py REPOSITORY                    list the backups
    python3 restore.py REPOSITORY BACKUP TARGET      restore one into a new or empty directory
    python3 restore.py REPOSITORY latest TARGET [--name NAME]

BACKUP is an id, the first four or more characters of one, or "latest". Needs Python 3.8, nothing from
PyPI, and the `zstd` command. The format is described in docs/format.md. Every byte is checked on its way:
the seals of log entries and manifests, the chain of the log, the SHA-256 of every restored file. A target
that fails half-way has no meta.json, so no search engine takes it for an index. Document stores and positions
are put together again from their parts, which takes Python about a second for eight megabytes; document stores of
backups made with `--compression max` are compressed again as Tantivy did it, a second or two for each megabyte.
"""
import argparse
import hashlib
import json
import os
import struct
import subprocess
import sys

PACK, MANIFEST, LOG_ENTRY = 1, 2, 3
HEADER, TRAILER, TABLE_ENTRY = 80, 64, 32


class Damage(Exception):
    """Something in the repository is not what was written."""


def stop(message):
    sys.exit(f"restore.py: {message}")


def read(repository, name):
    try:
        with open(os.path.join(repository, name), "rb") as file:
            return file.read()
    except FileNotFoundError:
        raise Damage(f"{name} is missing") from None


def unzstd(data, name):
    try:
        done = subprocess.run(["zstd", "-d", "-q", "-c"], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except FileNotFoundError:
        stop("the zstd command is needed (package zstd)")
    if done.returncode != 0:
        raise Damage(f"{name} does not decompress: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def lz4_block(plain):
    """The LZ4 block that lz4_flex, and so Tantivy, makes of some bytes: any other would be as good, and the file another one."""
    out, table, length = bytearray(), [0] * 4096, len(plain)
    small = length < 65535

    def key(at):
        if small:
            return (int.from_bytes(plain[at:at + 4], "little") * 2654435761 & 0xFFFFFFFF) >> 20
        return ((int.from_bytes(plain[at:at + 8], "little") << 24 & 0xFFFFFFFFFFFFFFFF) * 889523592379 & 0xFFFFFFFFFFFFFFFF) >> 52

    def sequence(literals, extra):
        out.append(min(len(literals), 15) << 4 | min(extra, 15))
        rest(len(literals))
        out.extend(literals)

    def rest(number):
        if number >= 15:
            out.extend(b"\xff" * ((number - 15) // 255))
            out.append((number - 15) % 255)

    start, at = 0, 1
    while length >= 13:
        tries, following = 32, at
        while True:
            at = following
            following += tries >> 5
            tries += 1
            if at > length - 12:
                sequence(plain[start:], 0)
                return bytes(out)
            place = key(at)
            before, table[place] = table[place], at
            if at - before <= 65535 and plain[before:before + 4] == plain[at:at + 4]:
                break
        while before > 0 and at > start and plain[at - 1] == plain[before - 1]:
            at, before = at - 1, before - 1
        literals, offset, extra = plain[start:at], at - before, 0
        at += 4
        while at < length - 6 and plain[at] == plain[at - offset]:
            at, extra = at + 1, extra + 1
        table[key(at - 2)] = at - 2
        sequence(literals, extra)
        out.extend(struct.pack("<H", offset))
        rest(extra)
        start = at
    sequence(plain[start:], 0)
    return bytes(out)


def blocks_again(content, name):
    """Chunks of LZ4 blocks out of their contents: for each chunk the number of blocks, the lengths, then the bytes."""
    chunks, at = bytearray(), 0
    try:
        while at < len(content):
            count, = struct.unpack_from("<I", content, at)
            lengths = struct.unpack_from(f"<{count}I", content, at + 4)
            at += 4 + 4 * count
            for length in lengths:
                chunks += struct.pack("<I", length) + lz4_block(content[at:at + length])
                at += length
    except struct.error:
        raise Damage(f"{name} does not hold what it says") from None
    return bytes(chunks)


def blocks_from_parts(stored, chunks, name):
    """Chunks of LZ4 blocks out of their parts: lengths, tokens, further bytes of lengths, offsets' lower and upper bytes, literals."""
    at, parts, frames = 0, [], bytearray()
    try:
        for chunk in chunks:
            header, at, end = struct.unpack_from("<12i", stored, at), at + 48, at + chunk[2]
            for length, size in zip(header[::2], header[1::2]):
                parts.append((length, None if size != length else stored[at:at + size]))
                frames += b"" if size == length else stored[at:at + size]
                at += size
            if at != end:
                raise ValueError
        plain, at = unzstd(bytes(frames), name) if frames else b"", 0
        for i, (length, part) in enumerate(parts):
            if part is None:
                part, at = plain[at:at + length], at + length
            parts[i] = part
        return b"".join(joined(*parts[i:i + 6]) for i in range(0, len(parts), 6))
    except (struct.error, ValueError, IndexError):
        raise Damage(f"{name} does not hold what it says") from None


def joined(lengths, tokens, further, low, high, literals):
    out, token, rest, offset, literal = bytearray(), 0, 0, 0, 0
    for left, in struct.iter_unpack("<I", lengths):
        out += struct.pack("<I", left)
        while True:
            out.append(tokens[token])
            count, match, token = tokens[token] >> 4, (tokens[token] & 15) + 4, token + 1
            first = rest
            while count >= 15 and (first == rest or further[rest - 1] == 255):
                count, rest = count + further[rest], rest + 1
            out += further[first:rest]
            out += literals[literal:literal + count]
            literal, left = literal + count, left - count
            if left <= 0:
                break
            out += bytes((low[offset], high[offset]))
            offset, first = offset + 1, rest
            while match >= 19 and (first == rest or further[rest - 1] == 255):
                match, rest = match + further[rest], rest + 1
            out += further[first:rest]
            left -= match
    return bytes(out)


def positions_from_parts(stored, chunks, name):
    """Chunks of position lists out of their parts: control, bit widths, bytes as they are, first bytes of numbers, lower bytes of numbers."""
    at, lengths, frames = 0, [], bytearray()
    try:
        for chunk in chunks:
            lengths.append(struct.unpack_from("<5i", stored, at))
            frames += stored[at + 20:at + chunk[2]]
            at += chunk[2]
        plain, at, out = unzstd(bytes(frames), name), 0, []
        for parts in lengths:
            ends = [at + sum(parts[:i]) for i in range(6)]
            out.append(packed(*(plain[start:end] for start, end in zip(ends, ends[1:]))))
            at = ends[5]
        return b"".join(out)
    except (struct.error, IndexError, OverflowError, StopIteration):
        raise Damage(f"{name} does not hold what it says") from None


def packed(control, widths, plain, first, low):
    out, at, copied, block = bytearray(), 0, 0, 0
    numbers = numbers_of(first, low)

    def number():
        nonlocal at
        value, shift = 0, 0
        while control[at] < 128:
            value, shift, at = value | control[at] << shift, shift + 7, at + 1
        at += 1
        return value | (control[at - 1] & 127) << shift

    while at < len(control):
        between, blocks = number(), number()
        out += plain[copied:copied + between]
        copied += between
        run = widths[block:block + (blocks >> 1)]
        block += len(run)
        if blocks & 1:  # A list's header: how many blocks it has, and their widths.
            count = len(run)
            while count >= 128:
                out.append(count & 127)
                count >>= 7
            out.append(count | 128)
            out += run
        for width in run:
            # Four lanes of 32 numbers; a word of each, in turn.
            values = [next(numbers) for _ in range(128)] if width else []
            lanes = []
            for lane in range(4):
                bits = 0
                for value in reversed(values[lane::4]):
                    bits = bits << width | value
                lanes.append(struct.unpack(f"<{width}I", bits.to_bytes(4 * width, "little")))
            out += b"".join(struct.pack("<4I", *words) for words in zip(*lanes))
    return bytes(out + plain[copied:])


def numbers_of(first, low):
    """A number below 192 is its first byte; larger ones have one or three lower bytes apart."""
    at = 0
    for byte in first:
        if byte < 192:
            yield byte
        elif byte < 255:
            yield 192 + (byte - 192 << 8) + low[at]
            at += 1
        else:
            yield low[at] | low[at + 1] << 8 | low[at + 2] << 16
            at += 3


def check_header(data, kind, repository_id, own_name, name):
    expected = b"SEGVAULT" + bytes([kind, 1, 0]) + bytes(5) + repository_id + own_name + bytes(32)
    if data[:HEADER] != expected:
        raise Damage(f"{name} does not begin as it must: it was changed, is of another repository, or was stored under another name")


def open_sealed(data, kind, repository_id, own_name, name):
    """The body of a log entry or manifest: header, encoding, body, SHA-256 of all before."""
    if len(data) < HEADER + 16 + 32 or hashlib.sha256(data[:-32]).digest() != data[-32:]:
        raise Damage(f"{name} does not match its checksum: it was changed or cut short")
    if data[9] != 1 or data[10] != 0:
        stop(f"{name} was written in a newer format, or is encrypted: use a newer restore.py")
    check_header(data, kind, repository_id, own_name, name)
    encoding, length = data[80], struct.unpack_from("<q", data, 88)[0]
    body = unzstd(data[96:-32], name) if encoding == 1 else data[96:-32]
    if encoding > 1 or len(body) != length:
        raise Damage(f"{name} has a body that does not decode")
    return json.loads(body)


def read_descriptor(repository):
    try:
        data = read(repository, "segvault.json")
        descriptor = json.loads(data)
        if descriptor["what"] != "segvault repository":
            raise ValueError
        checksum = descriptor["checksum"].encode()
    except Damage:
        stop(f"{repository} holds no Segvault repository (no segvault.json)")
    except (ValueError, KeyError, TypeError, AttributeError):
        stop("segvault.json is damaged; put it back from a copy of the repository")
    if hashlib.sha256(data.replace(checksum, b"0" * 64)).hexdigest().encode() != checksum:
        stop("segvault.json does not match its own checksum; put it back from a copy of the repository")
    if descriptor["format"] != 1 or descriptor["suite"] != "none":
        stop("the repository has a newer format, or is encrypted: use a newer restore.py")
    return bytes.fromhex(descriptor["id"])


def read_log(repository, repository_id):
    """Live backups by id, in the order of their first Add; and why the log could not be read to its end."""
    numbers = set()
    for folder, _, files in os.walk(os.path.join(repository, "log")):
        numbers.update(int(os.path.basename(folder) + file) for file in files if file.isdigit())
    live, order, previous = {}, [], ""
    for number in range(max(numbers, default=-1) + 1):
        digits = f"{number:016d}"
        name = f"log/{digits[:13]}/{digits[13:]}"
        try:
            data = read(repository, name)
            entry = open_sealed(data, LOG_ENTRY, repository_id, struct.pack("<q", number) + bytes(8), name)
            if entry["number"] != number or entry["previous"] != previous:
                raise Damage(f"{name} does not follow the entry before it")
            if (entry.get("requires") or {}).get("read"):
                raise Damage(f"{name} and what follows is for newer versions")
        except Damage as damage:
            return {backup: live[backup] for backup in order if backup in live}, str(damage)
        previous = hashlib.sha256(data).hexdigest()
        if entry["kind"] == "Add":
            live[entry["add"]["backup"]] = entry["add"]
            if entry["add"]["backup"] not in order:
                order.append(entry["add"]["backup"])
        elif entry["kind"] == "Remove":
            for backup in entry["remove"]["names"]:
                live.pop(backup, None)
    return {backup: live[backup] for backup in order if backup in live}, None


def choose(live, problem, wanted, name):
    if wanted == "latest":
        if problem:
            stop(f"which backup is the latest cannot be told: {problem}. Name one by its id.")
        names = sorted({add["name"] for add in live.values()})
        if name is None and len(names) > 1:
            stop(f"there are backups of several indexes, say which with --name: {', '.join(names)}")
        fitting = [backup for backup, add in live.items() if name in (None, add["name"])][-1:]
    else:
        fitting = [backup for backup in live if len(wanted) >= 4 and backup.startswith(wanted.lower())]
    if not fitting and problem and len(wanted) == 32:
        return wanted.lower(), None  # The log does not reach it any more; its manifest may still be there.
    if len(fitting) != 1:
        stop(f"there is no backup {wanted}" if not fitting else f"{wanted} fits several backups: {', '.join(fitting)}")
    return fitting[0], live[fitting[0]]


class Pack:
    """A pack: header, chunks, a table of them, a trailer that says where the table is."""

    def __init__(self, repository, repository_id, reference):
        pack = reference["id"]
        self.name = f"packs/{pack[:2]}/{pack}"
        try:
            self.file = open(os.path.join(repository, self.name), "rb")
        except FileNotFoundError:
            raise Damage(f"{self.name} is missing") from None
        length = os.fstat(self.file.fileno()).st_size
        if length != reference["length"]:
            raise Damage(f"{self.name} has {length} bytes instead of {reference['length']}")
        check_header(self.file.read(HEADER), PACK, repository_id, bytes.fromhex(pack), self.name)
        self.file.seek(length - TRAILER)
        trailer = self.file.read(TRAILER)
        offset, size, count = struct.unpack_from("<qqi", trailer, 8)
        if trailer[28] > 1:
            stop(f"{self.name} has a newer format: use a newer restore.py")
        entry = TABLE_ENTRY + (32 if trailer[28] else 0)  # The SHA-256 of each chunk comes behind its entry.
        if trailer[:8] != b"SEGVPACK" or trailer[48:].hex() != reference["checksum"] or size != count * entry \
                or offset < HEADER or offset + size + TRAILER != length:
            raise Damage(f"{self.name} has a trailer that is not the one recorded")
        self.file.seek(offset)
        table = self.file.read(size)
        self.chunks = [struct.unpack_from("<B7xqii8x", table, i * entry) for i in range(count)]

    def read(self, first, count):
        """The content of consecutive chunks. zstd decompresses several frames in a row in one go."""
        chunks = self.chunks[first:first + count]
        if len(chunks) != count:
            raise Damage(f"{self.name} has fewer chunks than the manifest says")
        while chunks:
            encoding = chunks[0][0]
            same = next((i for i, chunk in enumerate(chunks) if chunk[0] != encoding), len(chunks))
            same = min(same, 16)
            group, chunks = chunks[:same], chunks[same:]
            self.file.seek(group[0][1])
            stored = self.file.read(sum(chunk[2] for chunk in group))
            if encoding > 4:
                stop(f"{self.name} has chunks of a newer format: use a newer restore.py")
            name = f"a chunk of {self.name}"
            if encoding == 3:
                plain = blocks_from_parts(stored, group, name)
            elif encoding == 4:
                plain = positions_from_parts(stored, group, name)
            else:
                plain = unzstd(stored, name) if encoding else stored
            if encoding == 2:
                plain = blocks_again(plain, name)
            if len(plain) != sum(chunk[3] for chunk in group):
                raise Damage(f"{name} does not decode")
            yield plain


def check_names(files):
    names = set()
    for file in files:
        parts = file["path"].split("/")
        if "\\" in file["path"] or "\0" in file["path"] or any(part in ("", ".", "..") for part in parts) \
                or parts[0].lower().startswith(".segvault") or file["path"] in names:
            stop(f"the backup has a file with an unsafe name, {file['path']!r}: nothing was written")
        names.add(file["path"])


def restore_file(repository, repository_id, manifest, file, target, packs):
    path = os.path.join(target, *file["path"].split("/"))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    digest = hashlib.sha256()
    with open(path, "xb") as out:
        for index, first, count, _ in file["runs"]:
            if index not in packs:
                packs[index] = Pack(repository, repository_id, manifest["packs"][index])
            for plain in packs[index].read(first, count):
                digest.update(plain)
                out.write(plain)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != file["sha256"]:
        os.unlink(path)
        raise Damage(f"{file['path']} came out with another SHA-256 than the backup records")
    os.chmod(path, int(file["mode"], 8) if file.get("mode") else 0o600)


def restore(repository, repository_id, backup, add, target):
    name = f"backups/{backup}"
    data = read(repository, name)
    if add and hashlib.sha256(data).hexdigest() != add["manifestSha256"]:
        raise Damage(f"{name} is not the manifest that the log records")
    manifest = open_sealed(data, MANIFEST, repository_id, bytes.fromhex(backup), name)
    if manifest["version"] != 1:
        stop(f"{name} has a newer version: use a newer restore.py")
    check_names(manifest["files"])
    if os.path.lexists(target) and (not os.path.isdir(target) or os.listdir(target)):
        stop(f"{target} exists and is not an empty directory: nothing was written")
    os.makedirs(target, mode=0o700, exist_ok=True)
    packs = {}
    for file in sorted(manifest["files"], key=lambda file: file["path"] == "meta.json"):
        if file["path"] == "meta.json" and manifest["engine"] == "tantivy":
            # Tantivy's list of the files it may delete one day. Lock files and hidden files are not in it.
            managed = [entry["path"] for entry in manifest["files"] if not entry["path"].startswith(".")]
            with open(os.path.join(target, ".managed.json"), "x", encoding="utf-8") as out:
                out.write(json.dumps(managed) + "\n")
        restore_file(repository, repository_id, manifest, file, target, packs)
    print(f"restored backup {backup}: {len(manifest['files'])} files, {manifest['totalSize']} bytes, "
          f"{manifest['documents']} documents, in {target}")


def main():
    parser = argparse.ArgumentParser(description="Restores a backup from a Segvault repository directory, without Segvault.")
    parser.add_argument("repository")
    parser.add_argument("backup", nargs="?", help='an id, the first characters of one, or "latest"')
    parser.add_argument("target", nargs="?", help="a new or empty directory")
    parser.add_argument("--name", help="the index whose latest backup is meant")
    arguments = parser.parse_args()
    if arguments.backup and not arguments.target:
        parser.error("say where to restore to")
    repository_id = read_descriptor(arguments.repository)
    live, problem = read_log(arguments.repository, repository_id)
    if problem:
        print(f"restore.py: warning: {problem}; later backups are not listed", file=sys.stderr)
    if not arguments.backup:
        for backup, add in live.items():
            print(f"{backup}  {add['pinnedAt']}  {add['type']:<11}  {add['documents']:>10} documents  {add['bytes']:>14} bytes  {add['name']}")
        return
    backup, add = choose(live, problem, arguments.backup, arguments.name)
    try:
        restore(arguments.repository, repository_id, backup, add, arguments.target)
    except Damage as damage:
        stop(f"the repository is damaged: {damage}. {arguments.target} is not usable; another backup may be whole.")


if __name__ == "__main__":
    main()
