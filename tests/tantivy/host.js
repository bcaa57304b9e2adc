'use strict';
// Drives the real Tantivy for tests: one JSON request a line on stdin, one JSON answer a line on stdout, in order.
// {"id":1,"command":"commit","index":1} -> {"id":1,"result":{…}} or {"id":1,"error":"…"}. Ends when stdin does.

const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const { tantivy, TEXT_FIELDS, createIndex, editMeta, graft } = require('./engine.js');
const { random, generate, fingerprint, DocumentSet } = require('./documents.js');

const MEGABYTE = 1024 * 1024;
const handles = new Map();
let lastHandle = 0;

/** An open index: the reader reloads only when told to, the writer exists from the first write until `close`. */
class OpenIndex {
    constructor(directory, index, { threads = 1, memory = 15 }) {
        this.directory = directory;
        this.index = index;
        this.threads = threads;
        this.memory = memory;
        index.configReader('manual', 1);
    }

    get writer() {
        this.openWriter ??= this.index.writer(this.memory * this.threads * MEGABYTE, this.threads);
        return this.openWriter;
    }

    /** Waits for running merges. Tantivy consumes the writer by that, which also frees the writer lock. */
    close() {
        const writer = this.openWriter;
        this.openWriter = undefined;
        writer?.waitMergingThreads();
    }

    get searcher() {
        return this.index.searcher();
    }
}

function handleOf(request) {
    const handle = handles.get(request.index);
    if (!handle) throw new Error(`no open index ${request.index}`);
    return handle;
}

function register(directory, index, options) {
    handles.set(++lastHandle, new OpenIndex(directory, index, options));
    return { index: lastHandle };
}

function hits(handle, query, limit) {
    const found = handle.searcher.search(query, Math.max(limit, 1));
    return { total: found.count, addresses: found.hits.slice(0, limit).map((hit) => hit.docAddress) };
}

function* documentsOf(handle, query, limit) {
    const searcher = handle.searcher;
    for (const address of hits(handle, query, limit).addresses) {
        const stored = searcher.doc(address).toDict();
        yield { id: stored.id[0], title: stored.title[0], body: stored.body[0] };
    }
}

function addDocument(handle, set, document) {
    handle.writer.addJson(JSON.stringify(document));
    set.add(fingerprint(document));
}

const NOT_SOURCES = new Set(['node_modules', 'artifacts']);

/** The files below a directory with one of the extensions, in an order that is the same everywhere. */
function* sourceFiles(directory, extensions) {
    const entries = fs.readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
        const full = path.join(directory, entry.name);
        if (entry.isFile()) {
            if (extensions.includes(path.extname(entry.name))) yield full;
        } else if (entry.isDirectory() && !NOT_SOURCES.has(entry.name) && !entry.name.startsWith('.')) {
            yield* sourceFiles(full, extensions);
        }
    }
}

function inTurn(text, turn) {
    if (turn === 0) return text;
    const next = random(turn);
    return text.split('\n').map((line) => [next(), line]).sort(([a], [b]) => a - b).map(([, line]) => line).join('\n');
}

const commands = {
    version: () => ({ node: process.version, binding: tantivy.getVersion() }),
    create: (request) => register(request.directory, createIndex(request.directory, request), request),
    open: (request) => register(request.directory, tantivy.Index.open(request.directory), request),

    add(request) {
        const { from, count, seed = 1, words = 40 } = request;
        const handle = handleOf(request);
        const set = new DocumentSet();
        for (let id = from; id < from + count; id++) addDocument(handle, set, generate(id, seed, words));
        return set.state();
    },

    /** Indexes real source files: the title is the path below the directory, the body is the text, in a later turn with its lines in another order. */
    addFiles(request) {
        const { directory, extensions = ['.cs', '.go'], skip = 0, limit = Infinity, copies = 1, firstId = 1, turn = 0 } = request;
        const handle = handleOf(request);
        const set = new DocumentSet();
        let id = firstId;
        let bytes = 0;
        let position = 0;
        for (const file of sourceFiles(directory, extensions)) {
            if (position++ < skip) continue;
            if (position - skip > limit) break;
            const body = inTurn(fs.readFileSync(file, 'utf8'), turn);
            for (let copy = 0; copy < copies; copy++) {
                bytes += Buffer.byteLength(body);
                addDocument(handle, set, { id: id++, title: path.relative(directory, file), body });
            }
        }
        return { ...set.state(), nextId: id, bytes };
    },

    delete(request) {
        const { writer } = handleOf(request);
        for (const id of request.ids) writer.deleteDocumentsByTerm('id', id);
        return {};
    },

    deleteQuery(request) {
        const handle = handleOf(request);
        handle.writer.deleteDocumentsByQuery(handle.index.parseQuery(request.text, TEXT_FIELDS));
        return {};
    },

    deleteAll(request) {
        handleOf(request).writer.deleteAllDocuments();
        return {};
    },

    commit: (request) => ({ opstamp: handleOf(request).writer.commit().toString() }),
    rollback: (request) => ({ opstamp: handleOf(request).writer.rollback().toString() }),

    gc(request) {
        handleOf(request).writer.garbageCollectFiles();
        return {};
    },

    close(request) {
        handleOf(request).close();
        return {};
    },

    reload(request) {
        handleOf(request).index.reload();
        return {};
    },

    count(request) {
        const { searcher } = handleOf(request);
        return { documents: searcher.numDocs, segments: searcher.numSegments };
    },

    query(request) {
        const { text, limit = 10 } = request;
        const handle = handleOf(request);
        const query = handle.index.parseQuery(text, TEXT_FIELDS);
        const found = [...documentsOf(handle, query, limit)];
        return { total: hits(handle, query, 0).total, ids: found.map((document) => document.id), titles: found.map((document) => document.title) };
    },

    /** Reads every stored document, so that the doc store must decode from end to end. */
    state(request) {
        const handle = handleOf(request);
        const set = new DocumentSet();
        for (const document of documentsOf(handle, tantivy.Query.allQuery(), handle.searcher.numDocs)) set.add(fingerprint(document));
        return set.state();
    },

    graft(request) {
        graft(handleOf(request).directory, request.source, request.copies ?? 1);
        return {};
    },

    payload(request) {
        editMeta(handleOf(request).directory, (meta) => { meta.payload = request.text; });
        return {};
    },
};

function answer(line) {
    let id = null;
    try {
        const request = JSON.parse(line);
        id = request.id;
        const command = commands[request.command];
        if (!command) throw new Error(`unknown command ${request.command}`);
        return { id, result: command(request) };
    } catch (error) {
        return { id, error: error.message };
    }
}

readline.createInterface({ input: process.stdin, terminal: false })
    .on('line', (line) => process.stdout.write(JSON.stringify(answer(line)) + '\n'))
    // A writer still open is dropped as a killed application would drop it: what was not committed is lost.
    .on('close', () => process.exit(0));
