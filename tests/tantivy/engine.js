'use strict';
// The real Tantivy, loaded once and with a message that helps when it is missing.

const { randomUUID } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const PACKAGE = '@oxdev03/node-tantivy-binding-linux-x64-gnu';
let tantivy;
try {
    tantivy = require(PACKAGE);
} catch (error) {
    process.stderr.write(`The package ${PACKAGE} cannot be loaded: ${error.message}\nRun: npm ci --prefix tests/tantivy\n`);
    process.exit(3);
}

const TEXT_FIELDS = ['title', 'body'];
const NO_POSITIONS = 'freq';

function schema({ positions = true } = {}) {
    const text = { stored: true, tokenizerName: 'default', indexOption: positions ? 'position' : NO_POSITIONS };
    const builder = new tantivy.SchemaBuilder();
    builder.addUnsignedField('id', { stored: true, indexed: true, fast: true });
    for (const field of TEXT_FIELDS) builder.addTextField(field, text);
    return builder.build();
}

/** Rewrites meta.json the way Tantivy does: beside it, then renamed. Only for an index without a writer. */
function editMeta(directory, edit) {
    const target = path.join(directory, 'meta.json');
    const meta = JSON.parse(fs.readFileSync(target, 'utf8'));
    edit(meta);
    const temporary = path.join(directory, '.tmpsegvaulttest');
    fs.writeFileSync(temporary, JSON.stringify(meta, null, 2) + '\n', { mode: 0o600 });
    fs.renameSync(temporary, target);
}

/** Makes an empty index. The binding has no index settings, so the doc store's compression is set before the first write. */
function createIndex(directory, { docStore = 'lz4', positions = true } = {}) {
    fs.mkdirSync(directory, { recursive: true });
    if (tantivy.Index.exists(directory)) throw new Error(`${directory} already holds an index`);
    const index = new tantivy.Index(schema({ positions }), directory, false);
    if (docStore === 'lz4') return index;
    editMeta(directory, (meta) => { meta.index_settings.docstore_compression = docStore; });
    return tantivy.Index.open(directory);
}

/**
 * Copies every segment of another index with the same schema into this one, under new names: the merge policy keeps a real
 * index at a few dozen segments, this makes one with thousands. Nothing inside a segment's files knows its name.
 */
function graft(directory, source, copies) {
    const { segments, opstamp } = JSON.parse(fs.readFileSync(path.join(source, 'meta.json'), 'utf8'));
    const files = fs.readdirSync(source);
    const managedPath = path.join(directory, '.managed.json');
    const managed = JSON.parse(fs.readFileSync(managedPath, 'utf8'));
    const added = [];
    for (let copy = 0; copy < copies; copy++) {
        for (const segment of segments) {
            const oldName = segment.segment_id.replaceAll('-', '');
            const segmentId = randomUUID();
            const newName = segmentId.replaceAll('-', '');
            for (const file of files.filter((name) => name.startsWith(oldName + '.'))) {
                const target = newName + file.slice(oldName.length);
                fs.copyFileSync(path.join(source, file), path.join(directory, target), fs.constants.COPYFILE_EXCL);
                managed.push(target);
            }
            added.push({ ...segment, segment_id: segmentId });
        }
    }
    fs.writeFileSync(managedPath, JSON.stringify(managed) + '\n');
    editMeta(directory, (meta) => {
        meta.segments.push(...added);
        meta.opstamp = Math.max(meta.opstamp, opstamp);
    });
}

module.exports = { tantivy, TEXT_FIELDS, createIndex, editMeta, graft };
