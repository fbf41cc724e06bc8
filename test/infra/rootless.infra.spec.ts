import { afterAll, beforeAll, expect, it } from 'vitest';
import { slipway } from '../e2e/command.js';
import { Installation } from './installation.js';
import { addNode, livesOneService, theNode } from './one-service.js';
import { rootlessDocker } from './rootless-engine.js';

let installation: Installation;
beforeAll(async () => {
  const nodes = await rootlessDocker();
  installation = await Installation.start({ name: 'rootless', engines: { nodes } });
}, 900_000);
afterAll(() => installation?.stop());

it('a rootless engine that enforces no limits is refused, with what to do', async () => {
  const { code, err } = await addNode(theNode(installation).entry);
  expect(code).toBe(1);
  expect(err).toMatch(/^LIMITS_UNENFORCED {2}.*memory.*cpu/i);
  expect(err).toContain('--allow-unlimited');
  expect((await slipway('node', 'ls')).out).toContain('There is no node yet.');
});

it('--allow-unlimited takes it, and node ls says what it lacks', async () => {
  expect(await addNode(theNode(installation).entry, '--allow-unlimited')).toMatchObject({ code: 0, err: '' });
  expect((await slipway('node', 'ls')).out).toMatch(/26\.1\S* \(no limits of memory, cpu\)/);
});

it('it runs a service from its first release to its end', () => livesOneService(theNode(installation)));
