import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { userEnv } from '../demo/demo-run.js';

const run = promisify(execFile);

interface Output {
  readonly figures: Readonly<Record<string, number>>;
  readonly violations: Readonly<Record<string, readonly string[]>>;
}

it('200 requests through three deployers that are killed at random are each answered once, with the truth', async () => {
  const args = ['dist/scripts/soak.js', '--requests', '200', '--kill-every', '4', '--json'];
  // By its exit code it fails too; what it printed says more.
  const { stdout } = await run(process.execPath, args, { env: userEnv(), maxBuffer: 1 << 26 }).catch(
    (error: { stdout: string }) => error,
  );
  const { figures, violations } = JSON.parse(stdout) as Output;
  console.log(figures);
  expect(figures).toMatchObject({ tokens: 160, answered: 160, replicas: 3 });
  // Requests that are answered before anybody was killed would show nothing.
  expect(figures['kills']).toBeGreaterThan(1);
  expect(Object.keys(violations).length).toBeGreaterThan(9);
  expect(Object.entries(violations).filter(([, cases]) => cases.length > 0)).toEqual([]);
});
