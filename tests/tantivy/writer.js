'use strict';
// A busy application: commits every few tens of milliseconds, adds, deletes, lets Tantivy merge. What each commit held is
// written to a journal, so that an index restored from any moment can be matched to exactly one commit: every commit adds
// ids that were never used before, hence no two commits hold the same documents.
//
//   node writer.js --directory INDEX --journal FILE [--interval MS] [--adds N] [--deletes N] [--max-documents N] [--words N]
//                  [--seed N] [--threads N] [--commits N] [--stop-file FILE] [--stdin]
//
// Stops on SIGTERM or SIGINT, when the stop file appears, after N commits, or (with --stdin) when stdin ends; then prints a summary.

const fs = require('node:fs');
const { parseArgs } = require('node:util');
const { tantivy, createIndex } = require('./engine.js');
const { random, generate, fingerprint, DocumentSet } = require('./documents.js');

const number = (fallback) => ({ type: 'string', default: String(fallback) });
const { values } = parseArgs({
    options: {
        directory: { type: 'string' }, journal: { type: 'string' }, 'stop-file': { type: 'string' }, stdin: { type: 'boolean', default: false },
        interval: number(30), adds: number(20), deletes: number(8), 'max-documents': number(4000), words: number(40), seed: number(1),
        threads: number(1), commits: number(0),
    },
});
if (!values.directory || !values.journal) {
    process.stderr.write('writer.js needs --directory and --journal\n');
    process.exit(2);
}
const option = (name) => Number(values[name]);

const live = [];
const set = new DocumentSet();
const choose = random(option('seed'));
const journal = fs.openSync(values.journal, 'a');
const summary = { commits: 0, failed: 0, added: 0, deleted: 0, longestCommitMs: 0, errors: [] };
let nextId = 1;
let stopping = false;

const record = (entry) => fs.writeSync(journal, JSON.stringify(entry) + '\n');
fs.mkdirSync(values.directory, { recursive: true });
const exists = tantivy.Index.exists(values.directory);
const index = exists ? tantivy.Index.open(values.directory) : createIndex(values.directory);
if (exists && index.searcher().numDocs > 0) {
    process.stderr.write(`${values.directory} already holds documents: the journal could not say which\n`);
    process.exit(2);
}
let writer = index.writer(15 * 1024 * 1024 * option('threads'), option('threads'));

function change() {
    for (let i = 0; i < option('adds'); i++) {
        const document = generate(nextId++, option('seed'), option('words'));
        writer.addJson(JSON.stringify(document));
        const print = fingerprint(document);
        live.push({ id: document.id, print });
        set.add(print);
        summary.added++;
    }
    const surplus = live.length - option('max-documents');
    for (let i = Math.max(option('deletes'), surplus); i > 0 && live.length > 1; i--) {
        const position = Math.floor(choose() * live.length);
        const victim = live[position];
        live[position] = live[live.length - 1];
        live.pop();
        writer.deleteDocumentsByTerm('id', victim.id);
        set.remove(victim.print);
        summary.deleted++;
    }
}

function commit() {
    const attempt = summary.commits + summary.failed + 1;
    // Written first as well: a writer killed inside a commit may have made it or not.
    record({ attempt, phase: 'begin', ...set.state() });
    const started = performance.now();
    try {
        const opstamp = writer.commit().toString();
        const ms = performance.now() - started;
        summary.commits++;
        summary.longestCommitMs = Math.max(summary.longestCommitMs, Math.round(ms));
        record({ attempt, phase: 'done', ...set.state(), opstamp, ms: Math.round(ms) });
    } catch (error) {
        summary.failed++;
        summary.errors.push(error.message);
        record({ attempt, phase: 'failed', ...set.state(), error: error.message });
    }
}

function finish() {
    try {
        writer.waitMergingThreads();
    } catch (error) {
        summary.errors.push(error.message);
    }
    process.stdout.write(JSON.stringify({ event: 'stopped', ...summary, ...set.state() }) + '\n', () => process.exit(0));
}

function tick() {
    if (stopping || (values['stop-file'] && fs.existsSync(values['stop-file']))) return finish();
    change();
    commit();
    if (summary.commits === 1) process.stdout.write('{"event":"ready"}\n');
    if (option('commits') > 0 && summary.commits + summary.failed >= option('commits')) return finish();
    setTimeout(tick, option('interval'));
}

for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => { stopping = true; });
if (values.stdin) process.stdin.on('end', () => { stopping = true; }).resume();
record({ attempt: 0, phase: 'done', ...set.state(), opstamp: '0', ms: 0 });
tick();
