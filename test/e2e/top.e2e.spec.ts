import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testNodes, uniqueName, until } from '#libs/testing';
import { Client } from './client.js';
import { answerOf, RunningCommand, slipway } from './command.js';
import { answering, worker } from './services.js';

const SOON = { timeoutMs: 30_000 };
const client = new Client();
const appId = uniqueName('top');
const LIMITS = { resources: { cpu: 0.2, memoryMiB: 64 } };
const BURNS = `process.on('SIGTERM', () => process.exit());
setInterval(() => { const end = Date.now() + 95; while (Date.now() < end); }, 100);`;

beforeAll(async () => {
  await client.connect();
  await client.push(appId, 'burner', worker('', LIMITS, BURNS));
  await client.push(appId, 'idle', worker('', LIMITS, answering("answer.end('idle')")));
  const reply = await client.ask({ mode: 'build-and-run', appId, services: ['burner', 'idle'] });
  expect(reply).toMatchObject({ status: true });
});
afterAll(async () => {
  await client.ask({ mode: 'stop', appId, services: ['burner', 'idle'] });
  await client.close();
});

interface Instances {
  readonly instances: readonly {
    readonly service: string;
    readonly figures: { readonly cpu: number; readonly cpuLimit: number | null } | null;
  }[];
}

const instancesOf = (line: string | undefined): Instances['instances'] =>
  (JSON.parse(line ?? '{"instances":[]}') as Instances).instances;

describe('slipway top', () => {
  it('shows what an instance that burns CPU uses, each second, until Ctrl-C', async () => {
    const command = new RunningCommand(['top', appId, '--json']);
    const burning = await until(
      'the burner to be seen with its limit',
      () => {
        const [first] = instancesOf(command.out.split('\n').at(-2));
        return first?.figures?.cpuLimit !== null && (first?.figures?.cpu ?? 0) > 0.1 ? first : undefined;
      },
      SOON,
    );
    expect(burning).toMatchObject({ service: 'burner', figures: { cpuLimit: 0.2, restarts: 0 } });
    const seen = command.out.split('\n').length;
    await until('two more lines', () => command.out.split('\n').length > seen + 1, SOON);
    const { code, out } = await command.interrupt();
    expect(code).toBe(0);
    const idle = instancesOf(out.trimEnd().split('\n').at(-1)).find(({ service }) => service === 'idle');
    expect(idle?.figures?.cpu).toBeLessThan(0.1);
  });

  it('prints one table of an application where there is no terminal', async () => {
    const { code, out } = await slipway('top', appId);
    expect(code).toBe(0);
    const [head, ...rows] = out.trimEnd().split('\n');
    expect(head).toMatch(
      /^SERVICE +INSTANCE +NODE +SCORE +CPU +PEAK +THROTTLED +MEMORY +RESTARTS +OOM KILLS /,
    );
    expect(rows.map((row) => row.split(' ')[0])).toEqual(['burner', 'idle']);
    expect(rows[0]).toMatch(/ node-\d +\d+ \w+ +0\.\d\d of 0\.2 +\S+ +\d+ % +[\d.]+ of 64\.0 MiB /);
  });

  it('prints one line of JSON of all nodes', async () => {
    const { code, out } = await slipway('top', 'nodes', '--json', '--once', '--sort', 'name');
    expect(code).toBe(0);
    const names = (await testNodes()).map(({ name }) => name).toSorted();
    const { nodes } = answerOf(out) as { nodes: readonly { readonly node: string }[] };
    const shown = nodes.filter(({ node }) => names.includes(node));
    expect(shown).toMatchObject(
      names.map((node) => ({ node, figures: { cpu: expect.any(Number) as number } })),
    );
  });

  it('an application that is called nodes could not be shown', async () => {
    const { code, out } = await slipway('top', '--app', 'nodes');
    expect(code).toBe(0);
    expect(out).toMatch(/^No instance of nodes runs on the /);
  });

  it('an application that does not run has no figures, and where to look', async () => {
    const { code, out } = await slipway('top', 'no-such-app');
    expect(code).toBe(0);
    expect(out).toMatch(
      /^No instance of no-such-app runs on the \d+ nodes with figures\.\nnext: slipway status no-such-app\n$/,
    );
  });
});
