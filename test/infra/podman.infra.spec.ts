import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slipway } from '../e2e/command.js';
import { Installation } from './installation.js';
import { addNode, livesOneService, theNode } from './one-service.js';
import { podman } from './podman-engine.js';

describe.each([
  { suite: 'bookworm', version: /podman 4\.3/ },
  { suite: 'trixie', version: /podman 5\.4/ },
] as const)('a node with Podman of Debian $suite', ({ suite, version }) => {
  let installation: Installation;
  beforeAll(async () => {
    const nodes = await podman(suite);
    installation = await Installation.start({ name: `podman-${suite}`, engines: { nodes } });
  }, 900_000);
  afterAll(() => installation?.stop());

  it('is enrolled by its socket, with the limits that it enforces', async () => {
    expect(await addNode(theNode(installation).entry)).toMatchObject({ code: 0, err: '' });
    const { out } = await slipway('node', 'ls');
    expect(out).toMatch(version);
    expect(out).not.toContain('no limits');
  });

  it('runs a service from its first release to its end', () => livesOneService(theNode(installation)));
});
