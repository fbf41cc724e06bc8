import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ObservedInstance, ObservedNode } from '#libs/observations';
import { SshPool, type SshTarget } from '#libs/ssh';
import { sshTargetOf, testNodes, uniqueName, until } from '#libs/testing';
import { BASE_IMAGES } from '../../scripts/one-machine/base-images.js';

const SCRIPT = join(import.meta.dirname, '../../dist/test/agent/watch-this-machine.js');
const SERVICE = uniqueName('local');
const LABELS = [
  ...['slipway.app=shop', `slipway.service=${SERVICE}`, 'slipway.release=r1', 'slipway.cpu-peaks=true'],
];

type Second = Omit<ObservedNode, 'instances'> & { readonly instances: readonly ObservedInstance[] };

const ssh = new SshPool();
let target: SshTarget;
let container: string;
beforeAll(async () => {
  const [node] = await testNodes();
  target = sshTargetOf(node);
  const labels = LABELS.flatMap((label) => ['--label', label]);
  container = await docker(
    'run',
    '-d',
    '--cpus',
    '.3',
    ...labels,
    BASE_IMAGES.python,
    'sh',
    '-c',
    'while :; do :; done',
  );
});
afterAll(async () => {
  await docker('rm', '-f', container);
  await ssh.close();
});

async function docker(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await ssh.exec(target, ['docker', ...args], { timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

it('an agent that runs on the node itself has its figures, by the socket of the engine and a shell', async () => {
  const seconds: Second[] = [];
  let [rest, said] = ['', ''];
  const running = await ssh.openExec(target, [process.execPath, SCRIPT, '/var/run/docker.sock'], {
    onStderr: (chunk) => (said += chunk.toString()),
  });
  running.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    seconds.push(...lines.map((line) => JSON.parse(line) as Second));
  });
  const ours = (): ObservedInstance | undefined =>
    seconds.at(-1)?.instances.find(({ identity }) => identity.service === SERVICE);
  try {
    const burning = await until(
      'its instance to be seen with details',
      () => {
        const found = ours();
        return (found?.usage?.cpu ?? 0) > 0.1 && found?.details !== undefined ? found : undefined;
      },
      { timeoutMs: 40_000 },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${said}`);
    });
    expect(burning).toMatchObject({
      identity: { container, appId: 'shop', service: SERVICE },
      details: { limits: { cpus: 0.3 }, restarts: 0 },
    });
    expect(burning.usage?.cpuPeak).toBeGreaterThanOrEqual(burning.usage?.cpu ?? Infinity);
    expect(seconds.at(-1)).toMatchObject({
      host: { cpu: {} },
      sizes: { cpus: expect.any(Number) as number },
    });
  } finally {
    running.destroy();
  }
});
