import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { askTls } from '../../apps/gateway/src/certificates/certificates.testing.js';
import { ask } from '../../apps/gateway/src/data-plane/haproxy.testing.js';
import { ensurePackages } from '../../scripts/one-machine/packages.js';
import { inWhole } from '../short-form.js';
import { zipOf, greeter } from '../e2e/client.js';
import { DemoRun, demoFolder } from './demo-run.js';
import { platformOf, slotOf, tracesOf } from './host.js';

const run = promisify(execFile);
const folder = demoFolder();
const envFile = join(folder.path, '.slipway', 'env');
/** A row of the table of services. */
const ANSWERED = /^[a-z-]+ +http:\/\/\S+ +200 /gm;

/** Asked for by its name. The short form starts one demo: another one takes a minute. */
const whole = inWhole('demo');

afterAll(() => folder.remove());

/** Clients that know nothing of Slipway: Kafka's kcat, Python's blob client, Postgres' psql. */
describe('a demo that is up, for independent clients', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'slipway-clients-'));
  const python = join(scratch, 'venv', 'bin', 'python');
  let demo: DemoRun;

  beforeAll(async () => {
    demo = new DemoRun(folder.path);
    await Promise.all([demo.untilSaid('Try next, in another terminal'), installClients(scratch)]);
  });

  afterAll(() => rmSync(scratch, { recursive: true }));

  /** A line typed in another terminal. */
  async function typed(line: string, ...args: readonly string[]): Promise<string> {
    const script = `set -e; source .slipway/env; ${line}`;
    const { stdout } = await run('bash', ['-c', script, 'bash', ...args], { cwd: folder.path });
    return stdout;
  }

  it('says what it deployed, with the time of each phase, and every URL answers', () => {
    for (const service of ['app-server', 'prices', 'site']) expect(demo.said).toContain(service);
    expect(demo.said).toMatch(/app-server {2}ImageBuilt {2}build=\d/);
    expect(demo.said.match(ANSWERED)).toHaveLength(3);
  });

  it('ends with a table of services and addresses and with commands to try, each of which works', async () => {
    const [, shown = ''] = demo.said.split(/^SERVICE +ADDRESS +ANSWER$/m);
    expect(shown.trim().split('\n').slice(0, 3).join('\n').match(ANSWERED)).toHaveLength(3);
    expect(demo.said).not.toContain('"phases"');
    const [, next = ''] = shown.split('Try next, in another terminal:');
    const commands = next.match(/^ {2}(?:source|slipway) .*$/gm) ?? [];
    expect(commands).toHaveLength(6);
    const ending = commands.filter((line) => !line.includes('--follow'));
    await run('bash', ['-ec', ending.map((line) => line.split(' (')[0]).join('\n')], { cwd: folder.path });
  });

  it('names the address of the application for a browser, and the gateway answers there', async () => {
    const [, host = '', port] = /(shop\.localhost):(\d+)\//.exec(demo.said) ?? [];
    expect((await ask({ port: Number(port), host })).status).toBe(200);
    const [, caFile = '', tlsPort] =
      /curl --cacert (\S+) https:\/\/shop\.localhost:(\d+)\//.exec(demo.said) ?? [];
    const over = { port: Number(tlsPort), host, ca: readFileSync(caFile, 'utf8') };
    expect((await askTls(over)).status).toBe(200);
  });

  it('keeps its keys and tokens from other users of the host', () => {
    expect(statSync(envFile).mode & 0o777).toBe(0o600);
  });

  it('answers a request of kcat for a zip that Python uploaded, and psql shows where it runs', async () => {
    const zip = join(scratch, 'hello.zip');
    writeFileSync(zip, zipOf(greeter('from outside')));
    const upload = [
      'import os, sys',
      'from azure.storage.blob import BlobServiceClient',
      'service = BlobServiceClient.from_connection_string(os.environ["AZURE_STORAGE_CONNECTION_STRING"])',
      'blob = service.get_blob_client(os.environ["SLIPWAY_BLOB_CONTAINER"], sys.argv[2])',
      'blob.upload_blob(open(sys.argv[1], "rb"))',
    ].join('\n');
    await typed('"$1" -c "$2" "$3" outside--app-server.zip', python, upload, zip);
    const request = {
      token: 'from-kcat-1',
      mode: 'build-and-run',
      appId: 'outside',
      appName: 'Outside',
      services: ['app-server'],
    };
    await typed(
      'printf %s "$1" | kcat -P -b "$KAFKA_BROKERS" -t deployment.requests',
      JSON.stringify(request),
    );
    const reply = await until('kcat reads the reply', async () => {
      const all = await typed('kcat -C -b "$KAFKA_BROKERS" -t deployment.responses -o beginning -e -q');
      return all.split('\n').find((line) => line.includes('from-kcat-1'));
    });
    const { status, endpoint } = JSON.parse(reply) as {
      status: boolean;
      endpoint: { url: string; ip: string; port: number };
    };
    expect(status).toBe(true);
    expect(new URL(endpoint.url).hostname).toBe('outside.localhost');
    const url = `http://${endpoint.ip}:${endpoint.port}`;
    expect(await (await fetch(url)).text()).toBe('from outside');
    const select = `select service, url, state from registry.instances where app_id = 'outside'`;
    expect(await typed('psql "$DATABASE_URL" -At -c "$1"', select)).toBe(`app-server|${url}|running\n`);
    expect(await typed('psql "$DATABASE_URL" -At -c "select count(*) from registry.nodes"')).toBe('3\n');
  });

  it('shows the engine of a node to who follows the page about it', async () => {
    const page = readFileSync('docs/how-to/look-at-a-node.md', 'utf8');
    const [way = ''] = /^ssh -i .*SLIPWAY_NODES_FILE.*$/m.exec(page) ?? [];
    const nodes = JSON.parse(await typed('cat "$SLIPWAY_NODES_FILE"')) as readonly { address: string }[];
    const lists = await Promise.all(
      nodes.map(({ address }) => typed(way.replace(/root@[\d.]+/, `root@${address}`))),
    );
    for (const service of ['app-server', 'prices', 'site'])
      expect(lists.join('')).toContain(` shop-${service}-`);
  });

  it('is the only one of its folder', async () => {
    const second = new DemoRun(folder.path, ['--once']);
    expect(await second.exitCode()).toBe(1);
    expect(second.said).toContain('A demo is up in this folder');
    expect(existsSync(envFile)).toBe(true);
  });

  it('leaves nothing behind after Ctrl-C', async () => {
    const slot = slotOf(demo);
    expect((await tracesOf(demo, slot)).length).toBeGreaterThan(20);
    demo.ctrlC();
    expect(await demo.exitCode()).toBe(0);
    expect(demo.said, 'its last line').toMatch(/\nAll that was started has ended\.\n$/);
    expect(await tracesOf(demo, slot)).toEqual([]);
    expect(existsSync(envFile)).toBe(false);
  });
});

whole.describe('a demo that was killed in the middle', () => {
  it('is cleaned up by the next start, which does the main job and leaves nothing', async () => {
    const killed = new DemoRun(folder.path, ['--once']);
    await killed.untilSaid('Platform: ready');
    const slot = slotOf(killed);
    await killed.kill();
    expect((await tracesOf(killed, slot)).length).toBeGreaterThan(20);
    const next = new DemoRun(folder.path, ['--once']);
    expect(await next.exitCode(), next.said).toBe(0);
    expect(next.said).toContain('of a killed start undone');
    expect(await tracesOf(killed, slot)).toEqual([]);
    expect(await tracesOf(next, slot)).toEqual([]);
    expect(existsSync(envFile)).toBe(false);
  });
});

whole.describe('a demo whose platform ends by itself', () => {
  it('says how it ended and the last lines of its log, ends everything, and exits with 1', async () => {
    const demo = new DemoRun(folder.path);
    await demo.untilSaid('Try next, in another terminal');
    const slot = slotOf(demo);
    process.kill(platformOf(demo), 'SIGKILL');
    expect(await demo.exitCode(), demo.said).toBe(1);
    expect(demo.said).toMatch(/The platform ended by itself \(SIGKILL\)\. The end of \S+platform\.log:\n\S+/);
    expect(await tracesOf(demo, slot)).toEqual([]);
    expect(existsSync(envFile)).toBe(false);
  });

  it('at its start, says which setting was wrong, and exits with 1', async () => {
    const demo = new DemoRun(folder.path, [], { DEPLOYER_CONCURRENCY: 'none' });
    expect(await demo.exitCode(), demo.said).toBe(1);
    expect(demo.said).toContain('The platform ended at its start (exit code 1)');
    expect(demo.said).toMatch(/^.*DEPLOYER_CONCURRENCY.*$/m);
  });
});

whole.describe('a demo of a failover', () => {
  it('kills a deployer while it builds, shows the other finishing its work, and leaves nothing', async () => {
    const demo = new DemoRun(folder.path, ['--failover']);
    await demo.untilSaid('SIGKILL to ');
    const slot = slotOf(demo);
    expect(await demo.exitCode(), demo.said).toBe(0);
    const [, killed = '', service = '', other = '', ms] =
      /(\S+) was killed while it built (\S+)\. (\S+) went on (\d+) ms later/.exec(demo.said) ?? [];
    expect(other).not.toBe(killed);
    expect(Number(ms)).toBeGreaterThan(0);
    expect(demo.said).toMatch(new RegExp(`${killed} +${service} +SourceFetched`));
    expect(demo.said).toMatch(new RegExp(`${other} +${service} +TaskSucceeded`));
    expect(demo.said.match(ANSWERED)).toHaveLength(3);
    expect(await tracesOf(demo, slot)).toEqual([]);
  });
});

async function installClients(scratch: string): Promise<void> {
  await ensurePackages(
    { report: () => undefined },
    { 'postgresql-client': '/usr/bin/psql', 'python3-venv': '/usr/share/doc/python3-venv' },
  );
  await run('python3', ['-m', 'venv', join(scratch, 'venv')]);
  await run(join(scratch, 'venv', 'bin', 'pip'), ['install', '--quiet', 'azure-storage-blob']);
}
