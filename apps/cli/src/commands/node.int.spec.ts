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
import { addNode, type NodeAddOptions } from './node.js';

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
let refusedByJump: readonly string[] = [];
let enrolled: Enrolment[] = [];

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
      const node = JSON.parse(body) as Enrolment;
      enrolled.push(node);
      const has = (login: Enrolment['login'] | undefined, keys: readonly string[]): boolean =>
        login !== undefined && 'privateKey' in login && keys.includes(login.privateKey);
      const code = has(node.jump?.login, refusedByJump)
        ? 'SSH_JUMP_LOGIN_REFUSED'
        : has(node.login, refused) && 'SSH_LOGIN_REFUSED';
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
  [refused, refusedByJump, enrolled] = [[], [], []];
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
  await addNode({ name, ...options, standardInput: () => Promise.resolve('hunter2\n'), askHidden }, output);
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
