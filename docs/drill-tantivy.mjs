// Opens a restored Tantivy index with the real engine and answers the queries of a drill: see drill.md.
//
//   node drill-tantivy.mjs INDEX < queries > answer
//   node drill-tantivy.mjs --probe        ends with 0 when the binding is found, with 3 when it is not
//
// The binding is looked for under the path or name in SEGVAULT_TANTIVY_BINDING, else under its own names beside this script and in NODE_PATH.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const NAMES = ['@oxdev03/node-tantivy-binding', '@oxdev03/node-tantivy-binding-linux-x64-gnu'];

function findBinding() {
    const require = createRequire(import.meta.url);
    const named = process.env.SEGVAULT_TANTIVY_BINDING;
    for (const name of named ? [named] : NAMES) {
        try {
            return require(name);
        } catch (error) {
            if (named || error.code !== 'MODULE_NOT_FOUND') process.stderr.write(`${name} cannot be loaded: ${error.message}\n`);
        }
    }
    process.stderr.write('The Tantivy binding for Node is not found: set NODE_PATH or SEGVAULT_TANTIVY_BINDING.\n');
    process.exit(3);
}

function hits(index, searcher, { query, field, term }) {
    if (query === 'count') return searcher.numDocs;
    // Quoted, so that nothing in the term is taken for an operator.
    const quoted = term.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
    return searcher.search(index.parseQuery(`${field}:"${quoted}"`, [field]), 1).count;
}

const tantivy = findBinding();
const directory = process.argv[2];
if (directory !== '--probe') {
    const index = tantivy.Index.open(directory);
    const searcher = index.searcher();

    // Every stored document is read once: what a search by term does not touch has to be sound as well.
    const documents = searcher.numDocs;
    const all = documents > 0 ? searcher.search(tantivy.Query.allQuery(), documents).hits : [];
    for (const hit of all) searcher.doc(hit.docAddress);

    const queries = [];
    for await (const line of createInterface({ input: process.stdin, terminal: false })) {
        if (line.trim() === '') continue;
        const asked = JSON.parse(line);
        queries.push({ query: asked.query, hits: hits(index, searcher, asked) });
    }
    process.stdout.write(JSON.stringify({ documents, queries }) + '\n');
}
process.exit(0);
