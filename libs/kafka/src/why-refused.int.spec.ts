import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, createServer } from 'node:tls';
import { expect, it } from 'vitest';
import { closedPort } from '#libs/testing';
import { makeCertificates } from '../../../scripts/one-machine/certificates.js';
import { whyRefused } from './why-refused.js';

/** As kafkajs says that a broker ended the connection. */
const closed = Object.assign(new Error('Closed connection'), { name: 'KafkaJSConnectionClosedError' });

it('a broker that was being started again was told as one without TLS, and the app ended', async () => {
  const broker = `127.0.0.1:${await closedPort()}`;
  for (const tls of [undefined, {}])
    expect(await whyRefused(broker, { brokers: [broker], tls }, closed)).toBeUndefined();
});

it('brokers behind a proxy that knows them by name were told as ones without TLS', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-sni-'));
  await makeCertificates(folder, '127.0.0.1');
  const [cert, key] = ['tls.crt', 'tls.key'].map((name) => readFileSync(join(folder, name)));
  const known = createSecureContext({ cert, key });
  const asked: string[] = [];
  // Without a name it has no certificate to show, and so ends the handshake.
  const proxy = createServer({ SNICallback: (name, done) => (asked.push(name), done(null, known)) });
  proxy.on('tlsClientError', () => undefined);
  await once(proxy.listen(0, 'localhost'), 'listening');
  const broker = `localhost:${(proxy.address() as AddressInfo).port}`;
  const why = await whyRefused(broker, { brokers: [broker], tls: {} }, closed);
  expect(asked).toEqual(['localhost']);
  expect(why?.message).toMatch(/^KAFKA_SASL_MECHANISM is not set, and localhost:\d+ closes/);
  proxy.close();
  rmSync(folder, { recursive: true });
});
