import { once } from 'node:events';
import { connect } from 'node:http2';
import { duplexPair, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ServerCredentials } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { type BuildSessionParts, sessionServer } from './build-session.js';
import type { RegistryAuth } from './transfer.js';

const OK = '0';
const NOT_FOUND = '5';
const UNAVAILABLE = '14';

/** A message with one text as its first field, shorter than 128 bytes, in gRPC's frame. */
function framed(text: string): Buffer {
  const bytes = Buffer.from(text);
  const message = Buffer.concat([Buffer.from([10, bytes.length]), bytes]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

/** What BuildKit gets when it asks: the status of the call, and the bytes of the answer as text. */
async function ask(parts: BuildSessionParts, path: string, text = '') {
  const [engine, ours] = duplexPair();
  const server = sessionServer(parts);
  server.createConnectionInjector(ServerCredentials.createInsecure()).injectConnection(ours);
  const client = connect('http://session', { createConnection: () => engine });
  const call = client.request({
    ...{ ':method': 'POST', ':path': path, te: 'trailers', 'content-type': 'application/grpc' },
  });
  let status: unknown;
  call.on('trailers', (trailers) => (status = trailers['grpc-status']));
  call.on('response', (headers) => (status ??= headers['grpc-status']));
  call.end(framed(text));
  const answer = (await buffer(call)).subarray(5).toString('latin1');
  client.destroy();
  server.forceShutdown();
  await once(client, 'close');
  return { status, answer };
}

const SECRET = '/moby.buildkit.secrets.v1.Secrets/GetSecret';
const UPLOAD = '/moby.upload.v1.Upload/Pull';
const CREDENTIALS = '/moby.filesync.v1.Auth/Credentials';

describe('a session of a build', () => {
  it('gives the secrets of this build by their ids, and no other', async () => {
    const secrets = { TOKEN: 'hunter2' };
    expect(await ask({ secrets }, SECRET, 'TOKEN')).toEqual({ status: OK, answer: '\n\x07hunter2' });
    for (const id of ['OTHER', 'constructor', ''])
      expect(await ask({ secrets }, SECRET, id)).toEqual({ status: NOT_FOUND, answer: '' });
    expect(await ask({}, SECRET, 'TOKEN')).toMatchObject({ status: NOT_FOUND });
  });

  it('showed one login to every registry: each gets its own, or none', async () => {
    const of = (registry: string): RegistryAuth => ({
      ...{ username: `at ${registry}`, password: 'pw', serveraddress: registry },
    });
    const known = ['r:5000', 'docker.io'];
    const at = (registry: string) => Promise.resolve(known.includes(registry) ? of(registry) : undefined);
    const logins = { hosts: () => Promise.resolve(known), at };
    expect(await ask({ logins }, CREDENTIALS, 'r:5000')).toEqual({
      status: OK,
      answer: '\n\tat r:5000\x12\x02pw',
    });
    expect((await ask({ logins }, CREDENTIALS, 'registry-1.docker.io')).answer).toContain('at docker.io');
    expect(await ask({ logins }, CREDENTIALS, 'other:5000')).toEqual({ status: OK, answer: '' });
    expect(await ask({}, CREDENTIALS, 'r:5000')).toEqual({ status: OK, answer: '' });
  });

  it('says that a login could not be had', async () => {
    const at = () => Promise.reject(new Error('the identity is away'));
    const logins = { hosts: () => Promise.resolve([]), at };
    expect(await ask({ logins }, CREDENTIALS, 'r:5000')).toMatchObject({ status: UNAVAILABLE });
  });

  it('brings the context once, because BuildKit on the store of containerd cannot read the body of a build', async () => {
    const parts = { upload: Readable.from([Buffer.from('a tar')]) };
    expect(await ask(parts, UPLOAD)).toEqual({ status: OK, answer: '\n\x05a tar' });
    expect(await ask(parts, UPLOAD)).toMatchObject({ status: NOT_FOUND });
    expect(await ask({}, UPLOAD)).toMatchObject({ status: NOT_FOUND });
  });

  it('ended within a build ("no active session"): its engine asked for its health and heard nothing', async () => {
    const serving = { status: OK, answer: '\x08\x01' };
    expect(await ask({}, '/grpc.health.v1.Health/Check')).toEqual(serving);
  });
});
