import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniqueName, until } from '#libs/testing';
import { makeCertificates } from '../../scripts/one-machine/certificates.js';
import { inWhole } from '../short-form.js';
import { Client, greeter } from './client.js';
import { answerOf, slipway } from './command.js';
import { answering, crashing, loading, worker } from './services.js';

/** Left out of the short form: further ways of a probe, which the prober shows against real servers. */
const whole = inWhole('e2e');

const client = new Client();
const apps: string[] = [];
beforeAll(() => client.connect());
afterAll(async () => {
  for (const appId of apps) await client.ask({ mode: 'stop', appId, services: ['web'] });
  await client.close();
});

/** Deploys one service of these files, and gives its line of the reply. */
async function deployed(files: Readonly<Record<string, string>>) {
  const appId = uniqueName('health');
  apps.push(appId);
  await client.push(appId, 'web', files);
  const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
  return reply.services[0];
}

/** Answers 400 to every name but this one, as Django does by ALLOWED_HOSTS and Rails by config.hosts. */
const choosy = (name: string, health: object): Record<string, string> => ({
  ...greeter('', { health: { path: '/', startupMs: 5_000, ...health } }),
  'server.js': answering(
    `(answer.writeHead(_.headers.host === ${JSON.stringify(name)} ? 200 : 400), answer.end('mine'))`,
  ),
});

describe('case 22: a service that answers 400 unless Host is one of its names', () => {
  whole.it('is asked as localhost', async () => {
    expect((await deployed(choosy('localhost', {})))?.status).toBe('running');
  });

  it('is asked by the name that health.headers holds, and fails with any other', async () => {
    const headers = { Host: 'shop.example' };
    expect((await deployed(choosy('shop.example', { headers })))?.status).toBe('running');
    expect((await deployed(choosy('shop.example', {})))?.error).toMatchObject({ code: 'HEALTH_TIMEOUT' });
  });

  whole.it('is asked by TLS where it speaks nothing else, and its address says so', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-tls-'));
    await makeCertificates(folder, '127.0.0.1');
    const [key, cert] = await Promise.all(
      ['tls.key', 'tls.crt'].map((name) => readFile(join(folder, name), 'utf8')),
    );
    await rm(folder, { recursive: true });
    const service = await deployed({
      ...greeter('', { health: { path: '/', scheme: 'https', statuses: [204] } }),
      'server.js': `require('node:https').createServer(${JSON.stringify({ key, cert })}, (_, answer) => {
  answer.writeHead(204).end();
}).listen(process.env.PORT);`,
    });
    expect(service?.error).toBeUndefined();
    expect(service?.instances[0]?.url).toMatch(/^https:/);
  });
});

describe('a service that crashes at its start was told as running on its first deployment', () => {
  it('where its port opens before its workers fail to load the application', async () => {
    const service = await deployed(loading(1_500, "console.log('Worker failed to boot.'); process.exit(3);"));
    expect(service).toMatchObject({ status: 'failed', error: { code: 'CONTAINER_EXITED' } });
    expect(service?.error?.message).toContain('exited with code 3');
    expect(service?.error?.logTail).toContain('Worker failed to boot.');
  });

  whole.it('where it answers its health path and then throws', async () => {
    const service = await deployed(crashing(600));
    expect(service).toMatchObject({ status: 'failed', error: { code: 'CONTAINER_EXITED' } });
    expect(service?.error?.logTail).toContain('no database');
  });

  whole.it(
    'and one whose workers never accept a connection fails, though its port is open and it stays up',
    async () => {
      const service = await deployed(loading(60_000, '', { health: { startupMs: 3_000 } }));
      expect(service?.error).toMatchObject({ code: 'HEALTH_TIMEOUT' });
      expect(service?.error?.message).toContain('no process accepts its connections');
    },
  );

  whole.it('and one that loads for long runs once it accepts connections', async () => {
    const service = await deployed(loading(2_500, ''));
    expect(service?.error).toBeUndefined();
    expect(service?.phases['healthy']).toBeGreaterThanOrEqual(2_500);
  });
});

interface StatusLine {
  readonly state: string;
  readonly instances: readonly { readonly state: string }[];
}

whole.it(
  'a service that crashes after its window was shown as running for ever: status says crashing',
  async () => {
    const service = await deployed(crashing(4_000));
    expect(service?.status).toBe('running');
    const appId = apps.at(-1) ?? '';
    const told = await until(
      'status to say so',
      async () => {
        const [line] = answerOf((await slipway('status', appId, '--json')).out) as StatusLine[];
        // The command reads services and instances one after the other.
        return line?.state === 'crashing' && line.instances[0]?.state === 'crashing' ? line : undefined;
      },
      { timeoutMs: 60_000 },
    );
    expect(told).toMatchObject({
      instances: [{ state: 'crashing', crashing: { since: expect.any(String) as string } }],
    });
    expect((await slipway('status', appId)).out).toMatch(/is crashing: it was restarted/);
  },
);

describe('health.command', () => {
  const untilThere =
    "setTimeout(() => require('node:fs').writeFileSync('/tmp/there', ''), 1_500); setInterval(() => 0, 9_000);";
  const health = { command: ['test', '-e', '/tmp/there'], stableMs: 0 };

  it('is waited for, of a worker too', async () => {
    const service = await deployed(worker('', { health }, untilThere));
    expect(service).toMatchObject({ status: 'running' });
    expect(service?.phases['healthy']).toBeGreaterThanOrEqual(1_400);
  });

  whole.it('that never ends with 0 fails with what it said last', async () => {
    const never = { command: ['sh', '-c', 'echo no queue; exit 5'], startupMs: 2_000 };
    const service = await deployed(greeter('up', { health: never }));
    expect(service?.error).toMatchObject({ code: 'HEALTH_TIMEOUT' });
    expect(service?.error?.message).toContain('health.command ended with 5: no queue');
    expect(service?.error?.hint).toContain('health.command');
  });
});
