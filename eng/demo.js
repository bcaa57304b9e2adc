'use strict';
// The story that ./demo tells. Arguments: the segvault program, a directory to work in, and directories of source code.

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');

const [, , segvault, work, ...sources] = process.argv;
const index = path.join(work, 'code-index');
const repository = path.join(work, 'repository');
const QUERIES = ['mutex', '"end of file"', 'checksum', 'Tantivy'];

const say = (text) => console.log(`\n\x1b[1m${text}\x1b[0m`);
const number = (value) => Number(value).toLocaleString('en');
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/** Tantivy in a process of its own, as an application would be. */
class Application {
    constructor() {
        this.process = spawn(process.execPath, [path.join(__dirname, '../tests/tantivy/host.js')], { stdio: ['pipe', 'pipe', 'inherit'] });
        this.waiting = new Map();
        this.last = 0;
        readline.createInterface({ input: this.process.stdout }).on('line', (line) => {
            const { id, result, error } = JSON.parse(line);
            const { resolve, reject } = this.waiting.get(id);
            this.waiting.delete(id);
            if (error) reject(new Error(error));
            else resolve(result);
        });
    }

    ask(command, parameters = {}) {
        const id = ++this.last;
        this.process.stdin.write(JSON.stringify({ id, command, index: this.index, ...parameters }) + '\n');
        return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    }

    async open(command, parameters) {
        this.index = (await this.ask(command, { directory: index, ...parameters })).index;
    }

    async answers() {
        await this.ask('reload');
        const counts = await this.ask('count');
        const found = [];
        for (const text of QUERIES) found.push((await this.ask('query', { text, limit: 1 })).total);
        return { documents: counts.documents, segments: counts.segments, found, ...(await this.ask('state')) };
    }

    stop() {
        return new Promise((resolve) => {
            this.process.on('close', resolve);
            this.process.stdin.end();
        });
    }
}

function run(command, ...parameters) {
    const line = [command, ...parameters];
    console.log(`\x1b[2m$ segvault ${line.map((word) => word.replace(work, '…')).join(' ')}\x1b[0m`);
    return new Promise((resolve, reject) => {
        const child = spawn(segvault, line, { stdio: 'inherit', env: { ...process.env, SEGVAULT_REPOSITORY: repository } });
        child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`segvault ${command} ended with exit status ${code}`))));
    });
}

function ask(command, ...parameters) {
    const { stdout, status } = spawnSync(segvault, [command, ...parameters, '--json', '-r', repository], { encoding: 'utf8', maxBuffer: 1 << 28 });
    if (status !== 0) throw new Error(`segvault ${command} ended with exit status ${status}`);
    return JSON.parse(stdout.trim().split('\n').at(-1));
}

function show(answers) {
    console.log(`  ${number(answers.documents)} documents in ${answers.segments} segment${answers.segments === 1 ? '' : 's'}`);
    QUERIES.forEach((query, i) => console.log(`  search ${query.padEnd(16)} ${number(answers.found[i]).padStart(6)} hits`));
}

/** Adds files, deletes documents and commits until stopped; merges come by themselves. */
class Writing {
    constructor(application, next) {
        this.commits = this.added = this.deleted = 0;
        this.done = this.run(application, next);
    }

    async run(application, next) {
        while (!this.stopped) {
            const { nextId } = await application.ask('addFiles', { directory: sources.at(-1), skip: 3000 + this.added, limit: 40, firstId: next });
            const doomed = Array.from({ length: 10 }, (_, i) => next - 1 - i * 3);
            await application.ask('delete', { ids: doomed });
            await application.ask('commit');
            this.commits++;
            this.added += nextId - next;
            this.deleted += doomed.length;
            next = nextId;
        }
    }

    stop() {
        this.stopped = true;
        return this.done;
    }
}

async function main() {
    say('1. A Tantivy index over real source code');
    const application = new Application();
    await application.open('create', { memory: 60 });
    let next = 1;
    for (const directory of sources) {
        const added = await application.ask('addFiles', { directory, limit: 3000, firstId: next });
        next = added.nextId;
    }
    await application.ask('commit');
    show(await application.answers());

    say('2. The first backup is full');
    await run('init');
    await run('backup', index);

    say('3. The application adds and deletes documents and commits, without a pause; incremental backups are taken meanwhile');
    const writing = new Writing(application, next);
    for (let i = 1; i <= 4; i++) {
        await new Promise((resolve) => setTimeout(resolve, 700));
        await run('backup', index, '--note', `while writing, ${i}`);
    }
    await writing.stop();
    console.log(`  meanwhile: ${writing.commits} commits, ${number(writing.added)} documents added, ${number(writing.deleted)} deletions, no commit failed`);

    say('4. The last state, backed up and written down');
    await run('backup', index, '--note', 'the last state');
    const before = await application.answers();
    show(before);
    await application.stop();

    say('5. The index is lost');
    fs.rmSync(index, { recursive: true });
    console.log(`\x1b[2m$ rm -rf ${index.replace(work, '…')}\x1b[0m`);

    say('6. Verified, restored, and opened again with Tantivy');
    await run('verify', '--read-data');
    await run('restore', 'latest', index);
    const restored = new Application();
    await restored.open('open');
    const after = await restored.answers();
    await restored.stop();
    show(after);

    say('7. Every backup');
    await run('list');
    const { backups } = ask('list');
    const indexBytes = backups.reduce((sum, backup) => sum + backup.bytes, 0);
    const stored = backups.reduce((sum, backup) => sum + backup.bytesStored, 0);
    console.log(`\n  ${backups.length} states of the index, ${megabytes(indexBytes)} together, take ${megabytes(stored)} in the repository: ${Math.round(100 - (100 * stored) / indexBytes)} % saved`);

    const same = JSON.stringify(before) === JSON.stringify(after);
    say(same
        ? `The restored index has the same ${number(after.documents)} documents, text by text, and finds the same.`
        : `THE RESTORED INDEX DIFFERS: ${JSON.stringify({ before, after })}`);
    process.exitCode = same ? 0 : 1;
}

main().catch((error) => {
    console.error(`demo: ${error.message}`);
    process.exit(1);
});
