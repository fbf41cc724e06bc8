import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceReply } from '#libs/contracts';
import { uniqueName } from '#libs/testing';
import { inWhole, isWhole } from '../short-form.js';
import { Client, greeter } from './client.js';

/** Left out of the short form: further causes of `why-not-healthy`, which its unit tests have. */
const whole = inWhole('e2e');

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

type Source = Readonly<Record<string, string>>;

/** A service that fails; it may take three seconds to do so. */
const service = (server: string, config: object = {}): Source => ({
  ...greeter('', { health: { path: '/', startupMs: 3_000 }, ...config }),
  'server.js': server,
});
const listensAt = (port: number, host: string): string =>
  `require('node:http').createServer((_, answer) => answer.end()).listen(${port}, '${host}');`;
const answers = (status: number): string =>
  `require('node:http').createServer((_, answer) => (answer.writeHead(${status}), answer.end())).listen(process.env.PORT);`;
const python = (program: string): Source => ({
  'config.json': JSON.stringify({ runtime: 'python', port: 8000, command: ['python3', 'app.py'] }),
  'app.py': program,
});

interface Case {
  readonly source: Source;
  /** The sentence that stands first, after the instance's name where it has one. */
  readonly cause: RegExp;
  /** The field to change. */
  readonly field: RegExp;
  readonly isInShort?: true;
}

const EAT_MEMORY = 'const all = []; for (;;) all.push(Buffer.alloc(8 << 20, 1));';

const all: Readonly<Record<string, Case>> = {
  'runs out of memory': {
    isInShort: true,
    source: service(EAT_MEMORY),
    cause: /^\S+ ran out of memory: it may use 64 MiB, and wanted more\. The container /,
    field: /resources\.memoryMiB/,
  },
  'listens on 127.0.0.1': {
    isInShort: true,
    source: service(listensAt(3000, '127.0.0.1')),
    cause: /^\S+ listens on 127\.0\.0\.1:3000, which nobody outside its container reaches\. /,
    field: /0\.0\.0\.0:3000/,
  },
  'listens on another port': {
    isInShort: true,
    source: service(listensAt(5000, '0.0.0.0')),
    cause: /^\S+ listens on port 5000, not on 3000, the port of config\.json\. /,
    field: /Set port in config\.json to 5000/,
  },
  'listens on no port': {
    source: service('setInterval(() => 0, 1e6);'),
    cause: /^\S+ runs, but listens on no port\. /,
    field: /health\.startupMs/,
  },
  'cannot be read by its language': {
    source: service('const a = ;'),
    cause:
      /^An error ended it: SyntaxError: Unexpected token ';' \(\/app\/server\.js, line 1\)\. The container /,
    field: /\/app\/server\.js, line 1/,
  },
  'writes although that is forbidden': {
    source: service("require('node:fs').writeFileSync('a.txt', '');", { readOnly: true }),
    cause: /^It may not write a\.txt: its file system is read-only\. The container /,
    field: /readOnly.*tmpfs/,
  },
  'ends without an error': {
    source: service('console.log("done");'),
    cause: /^\S+ ended without an error, and a service has to go on running\. /,
    field: /command/,
  },
  'lacks a package': {
    isInShort: true,
    source: service("require('left-pad');"),
    cause: /^The package left-pad is not installed\. /,
    field: /package\.json/,
  },
  'lacks a module of Python': {
    source: python('import requests'),
    cause: /^The Python module requests is not installed\. /,
    field: /requirements\.txt/,
  },
  'names a program that is not there': {
    source: service('', { command: ['gunicorn', 'app:app'] }),
    cause: /^The program gunicorn is not in the image\. /,
    field: /command/,
  },
  'names a file that may not be executed': {
    source: service('', { command: ['./server.js'] }),
    cause: /^The file \.\/server\.js may not be executed\. /,
    field: /chmod \+x/,
  },
  'writes where it may not': {
    source: service("require('node:fs').writeFileSync('/etc/mine', 'x');"),
    cause: /^It has no permission for \/etc\/mine\. /,
    field: /working folder/,
  },
  'answers 400': {
    isInShort: true,
    source: service(answers(400)),
    cause: /^\S+ answers \/ with HTTP 400: mostly because it does not know the host name/,
    field: /health\.headers/,
  },
  'has nothing at its health path': {
    source: service(answers(404), { health: { path: '/up', startupMs: 3_000 } }),
    cause: /^\S+ has nothing at \/up \(HTTP 404\)\. /,
    field: /health\.path/,
  },
};

const cases = Object.fromEntries(
  Object.entries(all).filter(([, { isInShort = false }]) => isInShort || isWhole('e2e')),
);

describe('a failure says its cause first, then what was seen, then the field to change', () => {
  const names = Object.keys(cases);
  const nameOf = (what: string): string => `s${names.indexOf(what)}`;
  const failed = new Map<string, ServiceReply>();

  beforeAll(async () => {
    const appId = uniqueName('causes');
    await Promise.all(names.map((what) => client.push(appId, nameOf(what), cases[what]?.source ?? {})));
    const reply = await client.ask({ mode: 'build-and-run', appId, services: names.map(nameOf) });
    for (const one of reply.services) failed.set(one.name, one);
  });

  it.each(Object.entries(cases))('of one that %s', (what, { cause, field }) => {
    const error = failed.get(nameOf(what))?.error;
    expect(error?.message).toMatch(cause);
    expect(error?.message, 'what was seen').toMatch(/Probe http:/);
    expect(error?.hint).toMatch(field);
  });

  whole.it('a user that the image does not know was a fault of the engine', async () => {
    const appId = uniqueName('causes');
    await client.push(appId, 'web', service('', { user: 'nobody-knows' }));
    const { services } = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
    expect(services[0]?.error?.code).toBe('SPEC_INVALID');
    expect(services[0]?.error?.message).toContain('unable to find user nobody-knows');
  });

  it('29: says after ten seconds what is wrong, while the wait goes on', async () => {
    const appId = uniqueName('waits');
    const health = { path: '/', startupMs: 60_000 };
    await client.push(appId, 'web', service(listensAt(3000, '127.0.0.1'), { health }));
    const token = await client.send({ mode: 'build-and-run', appId, services: ['web'] });
    const note = await client.event(token, 'HealthAwaited');
    expect(note.data['notes']).toEqual([expect.stringMatching(/listens on 127\.0\.0\.1:3000/)]);
    await client.cancel(appId, token);
    expect(await client.reply(token)).toMatchObject({ status: false });
  });
});
