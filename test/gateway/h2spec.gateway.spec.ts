import { execFile } from 'node:child_process';
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PlaneAlone } from '../../scripts/gateway/plane-alone.js';
import { TestAuthority } from '../../apps/gateway/src/certificates/certificates.testing.js';
import { closedPort } from '#libs/testing';
import { madeOnce } from '../../scripts/one-machine/made-once.js';
import { startGatewayAlone } from './gateway-alone.js';
import { RawInstance } from './raw-instance.js';

const run = promisify(execFile);
const VERSION = 'v2.2.1+incompatible';
/** It asks for this host. Over TLS it has to be a name: an address is in no SNI. */
const HOST = 'localhost';

let gateway: PlaneAlone;
let instance: RawInstance;
let folder: string;
let tlsPort: number;

beforeAll(async () => {
  tlsPort = await closedPort();
  const secured = { GATEWAY_LISTEN_TLS: `127.0.0.1:${tlsPort}`, GATEWAY_TLS_REDIRECT: 'false' };
  [gateway, instance] = await Promise.all([startGatewayAlone(secured), RawInstance.start('web')]);
  folder = await mkdtemp(join(tmpdir(), 'slipway-h2spec-'));
  await gateway.plane.apply({
    services: [{ id: 'web', profile: 'least', servers: [instance.wanted()] }],
    routes: [{ host: HOST, path: '/', service: 'web' }],
  });
  const { pem } = await (await TestAuthority.make()).sign({ names: [HOST] });
  await gateway.tls.serveCertificates([
    { id: 'web', pem: pem.replaceAll(/\n{2,}/g, '\n'), names: [HOST], redirects: false },
  ]);
});
afterAll(async () => {
  await gateway.stop();
  await instance.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Go builds it once; Debian has none. */
const program = async (): Promise<string> => {
  const build = (path: string): Promise<unknown> =>
    run('go', ['install', `github.com/summerwind/h2spec/cmd/h2spec@${VERSION}`], {
      env: { ...process.env, GOBIN: path, GOFLAGS: '-mod=mod' },
      maxBuffer: 1 << 26,
    });
  return join(await madeOnce(`h2spec-${VERSION}`, build), 'h2spec');
};

/** What HAProxy does otherwise on purpose, each with its reason. */
const KNOWN: Readonly<Record<string, string>> = {
  'http2/3.5 Sends invalid connection preface': 'without TLS it is taken for HTTP/1.1, and answered with 400',
};

async function failuresOf(port: number, more: readonly string[] = []): Promise<readonly string[]> {
  const report = join(folder, `report-${port}.xml`);
  const args = ['-h', HOST, '-p', String(port), '-o', '5', '-j', report, ...more];
  // By its exit code it fails too; its report says more.
  await run(await program(), args, { maxBuffer: 1 << 26 }).catch(() => undefined);
  const xml = await readFile(report, 'utf8');
  const cases = [
    ...xml.matchAll(/<testcase package="([^"]*)" classname="([^"]*)"[^>]*?(?:\/>|>([^]*?)<\/testcase>)/g),
  ];
  const failed = cases
    .filter(([, , , inside = '']) => inside.includes('<failure') || inside.includes('<error'))
    .map(([, section, name]) => `${section} ${name}`);
  console.log(`h2spec ${more.join(' ')}: ${cases.length} cases, failed: ${failed.join('; ') || 'none'}`);
  expect(cases.length).toBeGreaterThan(140);
  return failed;
}

it('speaks HTTP/2 as h2spec asks for it, from the first byte on', async () => {
  expect((await failuresOf(gateway.port)).filter((one) => KNOWN[one] === undefined)).toEqual([]);
}, 300_000);

it('speaks HTTP/2 over TLS as h2spec asks for it', async () => {
  expect(await failuresOf(tlsPort, ['-t', '-k'])).toEqual([]);
}, 300_000);
