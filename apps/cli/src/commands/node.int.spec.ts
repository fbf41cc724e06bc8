import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Enrolment } from '#libs/contracts';
import { Output } from '../output.js';
import { addNode, type NodeAddOptions } from './node-add.js';

const folder = mkdtempSync(join(tmpdir(), 'node-add-'));
const at = (name: string): string => join(folder, name);
const key = (name: string, passphrase = ''): string => {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-f', at(name)]);
  return readFileSync(at(name), 'utf8');
};
const [plain, other, locked] = [key('plain'), key('other'), key('locked', 'correct horse')];
key('third');

/** Others share the process. */
const environment = { ...process.env };
/** A node manager that refuses the logins with these keys. */
let api: Server;
let refused: readonly string[] = [];
/** So many calls refuse any login. */
let closed = 0;
let refusedByJump: readonly string[] = [];
let enrolled: Enrolment[] = [];

const shownKey = { hostKeyFingerprint: `SHA256:${'k'.repeat(43)}`, hostKeyType: 'ed25519' };
let known: readonly object[] = [];

beforeAll(async () => {
  writeFileSync(
    at('more'),
    `Host bastion\n  HostName b.example.com\n  Port 2200\n  User jump\n  IdentityFile ${at('other')}\n`,
  );
  writeFileSync(
    at('config'),
    `Include ${at('more')}\nHost mybox\n  HostName 10.0.0.5\n  Port 2222\n  User ubuntu\n  ProxyJump bastion\n` +
      `  IdentityFile ${at('missing')}\n  IdentityFile ${at('plain')}\n  IdentityFile ${at('other')}\n` +
      `Host far\n  ProxyJump mybox\n  IdentityFile ${at('plain')}\n` +
      `Host lost\n  HostName 10.0.0.6\n  IdentityFile ${at('gone')}\n` +
      `Host behind-lost\n  ProxyJump lost\n  IdentityFile ${at('plain')}\n` +
      `Host two\n  HostName b.example.com\n  IdentityFile ${at('other')}\n  IdentityFile ${at('plain')}\n` +
      `Host behind\n  ProxyJump two\n  IdentityFile ${at('third')}\n`,
  );
  writeFileSync(at('broken'), 'Host x\n  Nonsense yes\n');
  api = createServer((request, response) => {
    void text(request).then((body) => {
      const node = JSON.parse(body || '{}') as Enrolment;
      response.setHeader('content-type', 'application/json');
      if (request.url === '/v1/host-keys') return response.end(JSON.stringify(shownKey));
      if (request.method === 'GET') return response.end(JSON.stringify({ items: known }));
      enrolled.push(node);
      const has = (login: Enrolment['login'] | undefined, keys: readonly string[]): boolean =>
        login !== undefined && 'privateKey' in login && keys.includes(login.privateKey);
      const code = has(node.jump?.login, refusedByJump)
        ? 'SSH_JUMP_LOGIN_REFUSED'
        : ((closed -= 1) >= 0 || has(node.login, refused)) && 'SSH_LOGIN_REFUSED';
      response.writeHead(code === false ? 200 : 422, { 'content-type': 'application/json' });
      const error = { code, message: 'It refused the login.', hint: 'Look.' };
      response.end(
        JSON.stringify(code === false ? { name: node.name, address: node.address, state: 'ready' } : error),
      );
    });
  });
  await once(api.listen(0, '127.0.0.1'), 'listening');
  process.env['SLIPWAY_API_TOKEN'] = 'token';
  process.env['SLIPWAY_API_URL'] = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
});
afterEach(() => {
  [refused, refusedByJump, enrolled, closed, known] = [[], [], [], 0, []];
  delete process.env['SLIPWAY_SSH_PASSPHRASE'];
});
afterAll(() => {
  process.env = environment;
  api.close();
  rmSync(folder, { recursive: true });
});

const stream = (): NodeJS.WriteStream => new PassThrough() as unknown as NodeJS.WriteStream;
async function add(
  name: string,
  options: NodeAddOptions,
  askHidden?: (question: string) => Promise<string>,
): Promise<readonly Enrolment[]> {
  const output = new Output({ json: false, out: stream(), err: stream() });
  await addNode(
    { target: name, ...options, standardInput: () => Promise.resolve('hunter2\n'), askHidden },
    output,
  );
  return enrolled;
}

describe('node add as ssh would connect', () => {
  const sshConfig = at('config');
  const mybox = { name: 'mybox', address: '10.0.0.5', sshPort: 2222, sshUser: 'ubuntu' };
  const bastion = { address: 'b.example.com', sshPort: 2200, sshUser: 'jump' };

  it('reads Host, Include, IdentityFile and ProxyJump', async () => {
    expect(await add('mybox', { sshConfig })).toEqual([
      { ...mybox, login: { privateKey: plain }, jump: { ...bastion, login: { privateKey: other } } },
    ]);
  });

  it('gives a Host another name, and the command line the last word', async () => {
    const [node] = await add('node-7', {
      ...{ sshConfig, address: 'mybox', sshUser: 'root', keyFile: at('other') },
      ...{ jump: 'me@[fe80::1]:22', jumpKeyFile: at('plain') },
    });
    expect(node).toEqual({
      ...{ ...mybox, name: 'node-7', sshUser: 'root', login: { privateKey: other } },
      jump: { address: 'fe80::1', sshPort: 22, sshUser: 'me', login: { privateKey: plain } },
    });
  });

  it('a key of the file that is not there was told as a login that is missing, also where it is the jump host’s', async () => {
    const gone = `ssh would look for ${at('gone')}`;
    await expect(add('lost', { sshConfig })).rejects.toThrow(`No key of lost was found: ${gone}`);
    await expect(add('behind-lost', { sshConfig })).rejects.toMatchObject({
      message: `No key of the jump host lost was found: ${gone}`,
      hint: expect.stringContaining('Give --jump-key-file.') as string,
    });
    expect(await add('lost', { sshConfig, passwordStdin: true })).toHaveLength(1);
  });

  it('tries the next key where the machine refuses one', async () => {
    refused = [plain];
    expect((await add('mybox', { sshConfig })).map(({ login }) => login)).toEqual([
      ...[{ privateKey: plain }, { privateKey: other }],
    ]);
    refused = [plain, other];
    await expect(add('mybox', { sshConfig })).rejects.toMatchObject({ code: 'SSH_LOGIN_REFUSED' });
  });

  it('tried one key of the jump host alone: it tries the next one where that is refused', async () => {
    refusedByJump = [other];
    await add('behind', { sshConfig });
    expect(enrolled.map(({ jump }) => jump?.login)).toEqual([{ privateKey: other }, { privateKey: plain }]);
    refusedByJump = [other, plain];
    await expect(add('behind', { sshConfig })).rejects.toMatchObject({ code: 'SSH_JUMP_LOGIN_REFUSED' });
  });

  it.each([
    ['far', at('config'), 'has a jump host itself'],
    ['mybox', at('broken'), 'ssh does not accept its configuration'],
    ['mybox', at('nowhere'), 'ssh does not accept its configuration'],
  ])('refuses %s of %s: %s', async (name, file, message) => {
    await expect(add(name, { sshConfig: file })).rejects.toMatchObject({
      ...{ code: 'USAGE', message: expect.stringContaining(message) as string },
    });
    expect(enrolled).toEqual([]);
  });
});

describe('the login of node add', () => {
  const place = { address: '10.0.0.5', keyFile: at('locked') };

  it('is an encrypted key with its passphrase, from the environment or the terminal', async () => {
    const login = { privateKey: locked, passphrase: 'correct horse' };
    const asked: string[] = [];
    await add('a', place, (question) => (asked.push(question), Promise.resolve('correct horse')));
    expect(asked).toEqual([`Passphrase of ${at('locked')} (not shown): `]);
    process.env['SLIPWAY_SSH_PASSPHRASE'] = 'correct horse';
    const nodes = await add('b', place, () => expect.unreachable());
    expect(nodes.map((node) => node.login)).toEqual([login, login]);
    expect(nodes[0]).toMatchObject({ sshPort: 22, sshUser: 'root' });
  });

  it('is asked for in words where nobody can be asked for the passphrase', async () => {
    await expect(add('a', place)).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('SLIPWAY_SSH_PASSPHRASE') as string,
    });
  });

  it('is the password of standard input, and never that of the jump host', async () => {
    const jump = { jump: 'bastion', jumpKeyFile: at('plain') };
    const [node] = await add('a', { address: '10.0.0.5', passwordStdin: true, ...jump });
    expect([node?.login, node?.jump?.login]).toEqual([{ password: 'hunter2' }, { privateKey: plain }]);
    await expect(
      add('a', { address: '10.0.0.5', passwordStdin: true, jump: 'bastion' }),
    ).rejects.toMatchObject({ code: 'USAGE' });
  });

  it.each([
    [{ address: '10.0.0.5' }, 'The login of the machine is missing'],
    [{ ...place, jump: 'a b' }, '--jump is "a b": expected [user@]host[:port]'],
    [{ ...place, jump: 'b', jumpFingerprint: 'MD5:1' }, '--jump-fingerprint is "MD5:1"'],
    [{ ...place, jumpFingerprint: 'SHA256:x' }, '--jump-fingerprint is given, but no jump host'],
    [{ ...place, jumpKeyFile: at('plain') }, '--jump-key-file is given, but no jump host'],
  ])('%j is refused', async (options, message) => {
    await expect(add('a', options)).rejects.toMatchObject({
      ...{ code: 'USAGE', message: expect.stringContaining(message) as string },
    });
  });
});

describe('node add with a place', () => {
  const keyFile = at('plain');
  const here = { keyFile, sshConfig: undefined };

  it('names the node after its host, and takes user and port from the place', async () => {
    const [one, two] = [await add('ubuntu@Web-1.example.com:2222', here), await add('10.0.0.5', here)];
    expect(one[0]).toMatchObject({
      name: 'web-1',
      address: 'Web-1.example.com',
      sshPort: 2222,
      sshUser: 'ubuntu',
    });
    expect(two.at(-1)).toMatchObject({
      name: 'node-10-0-0-5',
      address: '10.0.0.5',
      sshPort: 22,
      sshUser: 'root',
    });
  });

  it('asks ssh for what is left out', async () => {
    const [node] = await add('me@mybox', { sshConfig: at('config'), name: 'box' });
    expect(node).toMatchObject({ name: 'box', sshUser: 'me', login: { privateKey: plain } });
  });

  it('sends labels, zone and sizes', async () => {
    const said = { label: ['disk=ssd'], zone: 'a', capacity: 'cpus=4', reserve: 'memory=1GiB' };
    expect((await add('root@10.0.0.5', { ...here, ...said }))[0]).toMatchObject({
      ...{ labels: { disk: 'ssd' }, zone: 'a', capacity: { cpus: 4 }, reserve: { memoryBytes: 1024 ** 3 } },
    });
  });

  it.each([
    [{ ...here, label: ['disk'] }, '--label: "disk": expected KEY=VALUE'],
    [{ ...here, capacity: '4' }, '--capacity is "4": expected cpus=NUMBER'],
    [{ ...here, name: 'A b' }, '--name is "A b"'],
    [{ ...here, installDocker: true }, '--install-docker asks before it runs anything'],
  ])('%j is refused', async (options, message) => {
    const failed = expect(add('root@10.0.0.5', options)).rejects;
    await failed.toMatchObject({ code: 'USAGE', message: expect.stringContaining(message) as string });
    expect(enrolled).toEqual([]);
  });
});

describe('the host key of a machine', () => {
  const place = { address: '10.0.0.5', keyFile: at('plain') };
  const asked: string[] = [];
  const answering =
    (yes: boolean) =>
    (question: string): Promise<boolean> => (asked.push(question), Promise.resolve(yes));
  const addAt = (confirm: (question: string) => Promise<boolean>, options: NodeAddOptions = {}) => {
    const output = new Output({ json: false, out: stream(), err: stream() });
    const context = { standardInput: () => Promise.resolve(''), askHidden: undefined, confirm };
    return addNode({ target: 'a', ...place, ...options, ...context }, output);
  };
  afterEach(() => void asked.splice(0));

  it('is shown and asked for at a terminal, and pinned once it is accepted', async () => {
    await addAt(answering(true));
    expect(asked).toHaveLength(1);
    expect(enrolled).toMatchObject([{ hostKeyFingerprint: shownKey.hostKeyFingerprint }]);
    await expect(addAt(answering(false))).rejects.toMatchObject({ code: 'HOST_KEY_REFUSED' });
    expect(enrolled).toHaveLength(1);
  });

  it('is not asked for where it is given, with --yes, and of a node that shows the pinned one', async () => {
    await addAt(answering(false), { fingerprint: shownKey.hostKeyFingerprint });
    await addAt(answering(false), { yes: true });
    known = [{ name: 'a', address: '10.0.0.5', state: 'ready', ...shownKey }];
    await addAt(answering(false));
    expect([asked, enrolled.length]).toEqual([[], 3]);
  });
});

describe('a key of its own', () => {
  it('is made once, shown with the line that lets it in, and waited for', async () => {
    closed = 1;
    const path = join(folder, 'made', 'slipway_ed25519');
    const out = stream();
    const output = new Output({ json: false, out, err: stream() });
    const context = { standardInput: () => Promise.resolve(''), askHidden: undefined };
    await addNode({ target: 'root@10.0.0.5', makeKey: path, yes: true, ...context }, output);
    const made = readFileSync(path, 'utf8');
    expect(enrolled.map(({ login }) => login)).toEqual([{ privateKey: made }, { privateKey: made }]);
    const said = String((out as unknown as PassThrough).read());
    expect(said).toContain(readFileSync(`${path}.pub`, 'utf8').trim());
    await addNode({ target: 'root@10.0.0.6', makeKey: path, yes: true, ...context }, output);
    expect(readFileSync(path, 'utf8')).toBe(made);
  });

  it('was waited for without end where nobody could press Ctrl-C', async () => {
    closed = 1_000;
    const out = stream();
    const output = new Output({ json: false, out, err: stream() });
    const options = { target: 'root@10.0.0.5', makeKey: at('unseen'), yes: true, keyWait: '3s' };
    const context = { standardInput: () => Promise.resolve(''), askHidden: undefined };
    await expect(addNode({ ...options, ...context }, output)).rejects.toMatchObject({
      ...{ code: 'KEY_NOT_LET_IN', exitCode: 1 },
      message: expect.stringMatching(/^10\.0\.0\.5 does not let the key in after 3 s/) as string,
      hint: 'Add the line above to authorized_keys there, then run the same command again.',
    });
    expect(enrolled.length).toBeGreaterThan(1);
    const said = String((out as unknown as PassThrough).read());
    expect(said).toContain('Waiting for 3 s at most until it works.');
    closed = 0;
    await addNode({ ...options, ...context }, output);
  });

  it('is waited for as long as is said, which is of no use without it', async () => {
    const output = new Output({ json: false, out: stream(), err: stream() });
    const options = { target: 'root@10.0.0.5', yes: true, standardInput: () => Promise.resolve('') };
    const context = { askHidden: undefined };
    await expect(addNode({ ...options, ...context, keyWait: '2m' }, output)).rejects.toMatchObject({
      code: 'USAGE',
      message: '--key-wait is of use with --make-key alone',
    });
    const unclear = { ...options, ...context, makeKey: at('unclear'), keyWait: 'soon' };
    await expect(addNode(unclear, output)).rejects.toThrow('--key-wait');
  });

  it('says what would be run on a machine without Docker, and runs it only by consent', async () => {
    const out = stream();
    const output = new Output({ json: false, out, err: stream() });
    const context = { standardInput: () => Promise.resolve(''), askHidden: undefined };
    const options = { target: 'ubuntu@10.0.0.5', keyFile: at('plain'), installDocker: true, ...context };
    await addNode({ ...options, yes: true }, output);
    expect(enrolled).toMatchObject([{ installDocker: true }]);
    expect(String((out as unknown as PassThrough).read())).toContain(
      '  sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends docker.io',
    );
  });
});
