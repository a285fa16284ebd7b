// nodemailer sends; imapflow lists, fetches, waits in IDLE, sets flags and moves.
//
// usage: node session.js SCENE

'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { ImapFlow } = require('imapflow');
const nodemailer = require('nodemailer');

const scene = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const [asa, per] = scene.people;
const tls = { ca: fs.readFileSync(scene.certificate), servername: scene.host };
const FOLDER = 'Läxor/Åk 3 & övrigt';

// Prints pass or fail; a failure ends the scenario.
async function step(name, work) {
    try {
        await work();
        console.log(`pass: ${name}`);
    } catch (error) {
        console.log(error);
        console.log(`FAIL: ${name}`);
        process.exit(1);
    }
}

function transport(port, secure, person = asa) {
    const auth = { user: person.address, pass: person.password };
    return nodemailer.createTransport({ host: scene.host, port, secure, requireTLS: !secure, tls, auth });
}

function reader(person) {
    const auth = { user: person.address, pass: person.password };
    return new ImapFlow({ host: scene.host, port: scene.ports.imaps, secure: true, tls, auth, logger: false });
}

function letter(subject) {
    return {
        from: { name: asa.name, address: asa.address },
        to: per.address,
        subject,
        text: 'Hej från Åsa!\n.\n',
        html: '<p>Hej från Åsa!</p>',
        attachments: [{ filename: 'åäö.txt', content: 'räkna sidan 12\n' }],
    };
}

function within(seconds, promise, what) {
    const late = new Promise((_, reject) => {
        setTimeout(() => reject(new Error(`${what}: nothing within ${seconds} s`)), seconds * 1000).unref();
    });
    return Promise.race([promise, late]);
}

async function main() {
    await step('nodemailer: 465 with TLS', async () => {
        const sent = await transport(scene.ports.submissions, true).sendMail(letter('Första brevet'));
        assert.deepEqual(sent.accepted, [per.address]);
    });

    await step('nodemailer: 587 with STARTTLS', async () => {
        await transport(scene.ports.submission, false).sendMail(letter('Second'));
    });

    await step('nodemailer: a wrong password is EAUTH', async () => {
        const wrong = transport(scene.ports.submissions, true, { ...asa, password: 'not this' });
        await assert.rejects(wrong.sendMail(letter('never')), { code: 'EAUTH' });
    });

    const client = reader(per);
    await step('imapflow: connect and log in', () => client.connect());

    await step('imapflow: the special folders are found', async () => {
        const uses = (await client.list()).map(folder => folder.specialUse).filter(Boolean);
        for (const use of ['\\Inbox', '\\Sent', '\\Drafts', '\\Trash', '\\Junk', '\\Archive']) {
            assert.equal(uses.filter(found => found === use).length, 1, `${use} in ${uses}`);
        }
    });

    await step('imapflow: two letters in the inbox, read in full', async () => {
        const lock = await client.getMailboxLock('INBOX');
        try {
            assert.equal(client.mailbox.exists, 2);
            const first = await client.fetchOne('1', { envelope: true, bodyStructure: true, source: true, size: true });
            assert.equal(first.envelope.subject, 'Första brevet');
            assert.equal(first.envelope.from[0].address, asa.address);
            assert.equal(first.envelope.from[0].name, asa.name);
            assert.equal(first.bodyStructure.type, 'multipart/mixed');
            assert.deepEqual(
                first.bodyStructure.childNodes.map(part => part.type),
                ['multipart/alternative', 'text/plain'],
            );
            assert.equal(first.source.length, first.size);
            const { content } = await client.download('1', '2');
            const chunks = [];
            for await (const chunk of content) chunks.push(chunk);
            assert.equal(Buffer.concat(chunks).toString('utf8'), 'räkna sidan 12\n');
        } finally {
            lock.release();
        }
    });

    await step('imapflow: a folder with åäö', async () => {
        const made = await client.mailboxCreate(FOLDER);
        assert.equal(made.path, FOLDER);
        assert.ok((await client.list()).some(folder => folder.path === FOLDER));
    });

    await step('imapflow: flags, search, move', async () => {
        const lock = await client.getMailboxLock('INBOX');
        try {
            await client.messageFlagsAdd('1', ['\\Seen', '\\Flagged']);
            assert.deepEqual(await client.search({ flagged: true }), [1]);
            assert.deepEqual(await client.search({ subject: 'Second' }), [2]);
            await client.messageFlagsRemove('1', ['\\Flagged']);
            assert.ok(!(await client.search({ flagged: true })).length);
            const moved = await client.messageMove('1', FOLDER);
            assert.equal(moved.destination, FOLDER);
            assert.equal(client.mailbox.exists, 1);
        } finally {
            lock.release();
        }
        assert.equal((await client.status(FOLDER, { messages: true })).messages, 1);
    });

    await step('imapflow: IDLE hears of a new letter', async () => {
        const lock = await client.getMailboxLock('INBOX');
        try {
            const heard = new Promise(resolve => client.once('exists', resolve));
            const idle = client.idle();
            await new Promise(resolve => setTimeout(resolve, 300));
            await transport(scene.ports.submissions, true).sendMail(letter('while idle'));
            const event = await within(15, heard, 'IDLE');
            assert.equal(event.count, 2);
            assert.deepEqual(await client.search({ subject: 'while idle' }), [2]);
            await idle;
        } finally {
            lock.release();
        }
    });

    await step('imapflow: append and delete', async () => {
        const made = await client.append(FOLDER, 'Subject: utkast\r\n\r\nx\r\n', ['\\Draft']);
        assert.equal(made.destination, FOLDER);
        const lock = await client.getMailboxLock(FOLDER);
        try {
            assert.equal(client.mailbox.exists, 2);
            await client.messageDelete('1:*');
            assert.equal(client.mailbox.exists, 0);
        } finally {
            lock.release();
        }
        await client.mailboxDelete(FOLDER);
    });

    await step('imapflow: log out', () => client.logout());
    process.exit(0);
}

main();
