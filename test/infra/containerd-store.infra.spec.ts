import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slipway } from '../e2e/command.js';
import { dockerOfToday, dockerOfTrixie, MOBY } from './docker-engine.js';
import { Installation } from './installation.js';
import { addNode, livesOneService, theNode } from './one-service.js';

const run = promisify(execFile);
const OWN_TESTS = [
  'engine.nodes.spec',
  'build-secrets.nodes.spec',
  'engine-contract.nodes.spec',
  'images-by-digest.nodes.spec',
];

describe.each([
  { name: 'Docker 26 of Debian trixie', made: dockerOfTrixie, version: '26.1', not: 'nothing' },
  // After a start that met a taken port, it starts the container without its port.
  { name: 'Docker of today', made: dockerOfToday, version: MOBY, not: 'a port that another has' },
])('$name with the image store of containerd, as builder and as node', ({ made, version, not }) => {
  let installation: Installation;
  beforeAll(async () => {
    const engine = await made();
    const engines = { builder: engine, nodes: engine };
    installation = await Installation.start({ name: `containerd-${version}`, engines });
  }, 900_000);
  afterAll(() => installation?.stop());

  it('is enrolled', async () => {
    expect(await addNode(theNode(installation).entry)).toMatchObject({ code: 0, err: '' });
    expect((await slipway('node', 'ls')).out).toContain(version);
  });

  it('builds a service and runs it from its first release to its end', () =>
    livesOneService(theNode(installation)));

  it(`does what the tests of libs/engine ask of an engine, but for "${not}"`, async () => {
    const args = ['run', '--project', 'nodes', ...OWN_TESTS, '-t', `^(?!.*(simulated|${not}))`];
    const ran = await run('vitest', args, { maxBuffer: 1 << 26 }).catch((error: unknown) => error);
    expect(ran, (ran as { stdout?: string }).stdout).not.toBeInstanceOf(Error);
  });
});
