'use strict';
// The documents of the test bench: made from a seed, and recognised again by an identity that does not depend on their order.

const { createHash } = require('node:crypto');

const MASK = (1n << 64n) - 1n;
const SYLLABLES = ['ba', 'cor', 'del', 'en', 'fi', 'gra', 'hol', 'is', 'jun', 'ka', 'lo', 'mer', 'nu', 'or', 'pre', 'qua', 'ri', 'sto', 'ter', 'vi'];
const VOCABULARY = Array.from({ length: 4000 }, (_, i) =>
    SYLLABLES[i % 20] + SYLLABLES[Math.floor(i / 20) % 20] + (i >= 400 ? SYLLABLES[Math.floor(i / 400)] : ''));

/** A small seeded generator (xorshift32): numbers in [0, 1), the same on every machine. */
function random(seed) {
    let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ 0x2545f491) >>> 0 || 1;
    const next = () => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        state >>>= 0;
        return state / 4294967296;
    };
    for (let i = 0; i < 4; i++) next();
    return next;
}

/**
 * The document with this id. Every one holds the words "segvault sample document" in that order, so that a term and a
 * phrase query over any number of them must find exactly that number.
 */
function generate(id, seed, words) {
    const next = random(Math.imul(id, 2654435761) + seed);
    const body = ['segvault', 'sample', 'document', String(id)];
    while (body.length < words) {
        const rank = next();
        body.push(VOCABULARY[Math.floor(rank * rank * rank * VOCABULARY.length)]);
    }
    return { id, title: `document ${id}`, body: body.join(' ') };
}

/** 64 bits that stand for the id and every character of a document. */
function fingerprint(document) {
    return createHash('sha256').update(`${document.id}\0${document.title}\0${document.body}`).digest().readBigUInt64LE(0);
}

/** The identity of a set of documents: their number, and the sum of their fingerprints. A sum, so that a duplicate does not cancel out. */
class DocumentSet {
    count = 0;
    hash = 0n;

    add(print) {
        this.count++;
        this.hash = (this.hash + print) & MASK;
    }

    remove(print) {
        this.count--;
        this.hash = (this.hash - print) & MASK;
    }

    state() {
        return { count: this.count, hash: this.hash.toString(16).padStart(16, '0') };
    }
}

module.exports = { random, generate, fingerprint, DocumentSet };
