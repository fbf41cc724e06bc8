import { Buffer } from 'node:buffer';
import * as grpc from '@grpc/grpc-js';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { until } from '#libs/testing';
import { TestAuthority } from '../certificates/certificates.testing.js';
import { wantedOf } from './domain/wanted.testing.js';
import { securePlane } from './haproxy-tls.testing.js';

const HOST = 'web.localhost';
const text = {
  requestStream: false,
  responseStream: false,
  requestSerialize: (value: string) => Buffer.from(value),
  requestDeserialize: (bytes: Buffer) => bytes.toString(),
  responseSerialize: (value: string) => Buffer.from(value),
  responseDeserialize: (bytes: Buffer) => bytes.toString(),
} as const;
const definition = {
  Greet: { ...text, path: '/test.Greeter/Greet' },
  Chat: { ...text, path: '/test.Greeter/Chat', requestStream: true, responseStream: true },
} as const;

let authority: TestAuthority;
beforeAll(async () => {
  authority = await TestAuthority.make();
});

/** A gRPC server without TLS, as one runs in a container. */
async function startServer(name: string, onWait?: (answer: () => void) => void): Promise<number> {
  const server = new grpc.Server();
  server.addService(definition, {
    Greet(call: grpc.ServerUnaryCall<string, string>, done: grpc.sendUnaryData<string>) {
      if (call.request === 'fail') done({ code: grpc.status.FAILED_PRECONDITION, details: 'as asked' });
      else if (call.request === 'wait') onWait?.(() => done(null, `${name} has waited`));
      else
        done(null, `${name} greets ${call.request} by ${String(call.metadata.get('x-forwarded-proto')[0])}`);
    },
    Chat(call: grpc.ServerDuplexStream<string, string>) {
      call.on('data', (said: string) => call.write(`${name}: ${said}`));
      call.on('end', () => call.end());
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  onTestFinished(() => server.forceShutdown());
  return port;
}

async function gateway() {
  const secure = await securePlane({ tls: { redirects: false } });
  const { pem } = await authority.sign({ names: [HOST] });
  await secure.plane.serveCertificates([
    { id: 'web', pem: pem.replaceAll(/\n{2,}/g, '\n'), names: [HOST], redirects: true },
  ]);
  const carry = (servers: Readonly<Record<string, number>>) =>
    secure.plane.apply(
      wantedOf(
        {
          web: Object.entries(servers).map(([name, port]) => ({
            ...{ name, address: '127.0.0.1', port, weight: 100, state: 'ready' as const },
          })),
        },
        'h2',
      ),
    );
  const Client = grpc.makeGenericClientConstructor(definition, 'Greeter');
  const client = new Client(
    `127.0.0.1:${secure.tlsPort}`,
    grpc.credentials.createSsl(Buffer.from(authority.ca)),
    { 'grpc.ssl_target_name_override': HOST, 'grpc.default_authority': HOST },
  );
  const plain = new Client(`127.0.0.1:${secure.port}`, grpc.credentials.createInsecure(), {
    'grpc.default_authority': HOST,
  });
  onTestFinished(() => [client, plain].forEach((one) => one.close()));
  return { ...secure, carry, ...callsOf(client), plain: callsOf(plain) };
}

type Greeter = InstanceType<ReturnType<typeof grpc.makeGenericClientConstructor>>;

function callsOf(client: Greeter) {
  const greet = (name: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const call = client['Greet'] as (
        name: string,
        done: (error: grpc.ServiceError | null, answer: string) => void,
      ) => void;
      call.call(client, name, (error, answer) => (error === null ? resolve(answer) : reject(error)));
    });
  const chat = (): grpc.ClientDuplexStream<string, string> =>
    (client['Chat'] as () => grpc.ClientDuplexStream<string, string>).call(client);
  return { greet, chat };
}

const next = (stream: grpc.ClientDuplexStream<string, string>): Promise<string> =>
  new Promise((resolve, reject) => {
    stream.once('data', resolve);
    stream.once('error', reject);
  });

describe('gRPC, with TLS and HTTP/2 from its client to the gateway, and HTTP/2 from there to its server', () => {
  it('answers calls and errors with their codes, and a stream in both directions', async () => {
    const { carry, greet, chat, troubles, plain } = await gateway();
    await carry({ a: await startServer('a') });
    expect(await greet('Ada')).toBe('a greets Ada by https');
    expect(await plain.greet('Ada')).toBe('a greets Ada by http');
    await expect(greet('fail')).rejects.toMatchObject({
      ...{ code: grpc.status.FAILED_PRECONDITION, details: 'as asked' },
    });
    const stream = chat();
    for (const said of ['one', 'two', 'three']) {
      stream.write(said);
      expect(await next(stream)).toBe(`a: ${said}`);
    }
    stream.end();
    await new Promise((resolve) => stream.once('status', resolve));
    expect(troubles).toEqual([]);
  });

  it('shares one connection of a client out to the instances, call by call', async () => {
    const { carry, greet } = await gateway();
    const [a, b] = [await startServer('a'), await startServer('b')];
    await carry({ a, b });
    const answers = await Promise.all(Array.from({ length: 40 }, () => greet('x')));
    const ofA = answers.filter((answer) => answer.startsWith('a')).length;
    expect(ofA).toBeGreaterThan(10);
    expect(ofA).toBeLessThan(30);
  });

  it('leaves calls in flight with an instance that drains, and says UNAVAILABLE where none runs', async () => {
    const { carry, greet, plane } = await gateway();
    const held: (() => void)[] = [];
    const [a, b] = [await startServer('a', (answer) => held.push(answer)), await startServer('b')];
    await carry({ a });
    const waiting = greet('wait');
    await until('the call to be in flight', () => held.length > 0);
    await carry({ b });
    for (let n = 0; n < 10; n += 1) expect(await greet('x')).toContain('b greets');
    held.forEach((answer) => answer());
    expect(await waiting).toBe('a has waited');
    await plane.apply(wantedOf({ web: [] }, 'h2'));
    await expect(greet('x')).rejects.toMatchObject({ code: grpc.status.UNAVAILABLE });
    expect(plane.counts.reloads).toBe(0);
  });
});
