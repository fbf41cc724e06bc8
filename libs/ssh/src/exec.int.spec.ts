import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import ssh2, { type Channel, type Client, type ServerChannel } from 'ssh2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand, type ExecResult } from './exec.js';
import type { OpenChannel } from './kept-connection.js';

/** By Node.js: of those that ssh2 makes it cannot read each itself. */
const HOST_KEY = generateKeyPairSync('ec', {
  namedCurve: 'prime256v1',
  privateKeyEncoding: { type: 'sec1', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
}).privateKey;

let server: InstanceType<typeof ssh2.Server>;
let client: Client;
let program: (channel: ServerChannel) => void;

beforeEach(async () => {
  server = new ssh2.Server({ hostKeys: [HOST_KEY] }, (peer) => {
    peer.on('error', () => undefined);
    peer.on('authentication', (login) => login.accept());
    peer.on('session', (accept) => accept().on('exec', (takes) => program(takes())));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = new ssh2.Client();
  client.connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, username: 'someone' });
  await once(client, 'ready');
});

afterEach(() => {
  client.destroy();
  server.close();
});

/** Runs the program; `first` holds between its start and the moment in which its channel is given out. */
function runAfter(first: (channel: Channel) => Promise<unknown>): Promise<ExecResult> {
  const openOn = async (open: OpenChannel): Promise<Channel> => {
    const opening = new Promise<{ channel: Channel; done: Promise<unknown> }>((resolve, reject) =>
      open(client, (error, channel) => (error ? reject(error) : resolve({ channel, done: first(channel) }))),
    );
    const { channel, done } = await opening;
    await done;
    return channel;
  };
  return runCommand(openOn, 'program', { timeoutMs: 5_000 });
}

describe('runCommand', () => {
  it('knows the code of a program that ended before anyone listened', async () => {
    program = (channel) => {
      channel.stderr.write('err');
      channel.write('out');
      channel.exit(3);
      channel.end();
    };
    expect(await runAfter((channel) => once(channel, 'exit'))).toEqual({
      code: 3,
      stdout: 'out',
      stderr: 'err',
    });
  });

  it('knows the signal that ended a program before anyone listened', async () => {
    program = (channel) => {
      channel.exit('KILL');
      channel.end();
    };
    expect(await runAfter((channel) => once(channel, 'exit'))).toEqual({
      code: 128,
      signal: 'SIGKILL',
      stdout: '',
      stderr: '',
    });
  });

  it('takes a connection that is cut for lost, not for a result', async () => {
    program = (channel) => channel.write('half');
    const running = runAfter(async () => setImmediate(() => client.destroy()));
    await expect(running).rejects.toMatchObject({ code: 'SSH_CONNECTION_LOST' });
  });
});
