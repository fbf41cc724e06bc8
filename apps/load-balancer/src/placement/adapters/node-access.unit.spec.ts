import { expect, it } from 'vitest';
import type { RegistryNode } from '#libs/registry-client';
import { accessOf } from './node-access.js';

const node: RegistryNode = {
  ...{ name: 'node-1', address: '10.0.0.1', sshPort: 22, sshUser: 'root', hostKeyFingerprint: 'SHA256:x' },
  ...{ state: 'ready', cpus: 2, memoryBytes: 1, engineVersion: '29', firstPort: 20_000, lastPort: 20_009 },
  ...{ enrolledAt: new Date(0), updatedAt: new Date(0), socketPath: null, hostKeyType: null },
  ...{ jump: null, unenforced: [], wish: 'none', stateReason: null, stateSince: new Date(0), stateBy: null },
  ...{ labels: {}, zone: null, architecture: null, allocatableCpus: 2, allocatableMemoryBytes: 1 },
};
const usual = {
  ...{ name: 'node-1', address: '10.0.0.1', sshPort: 22, sshUser: 'root', hostKeyFingerprint: 'SHA256:x' },
  ...{ cpus: 2, sealedLogin: 'sealed' },
};

it('an answer names socket, type of the host key and jump host of a node that has them', () => {
  expect(accessOf(node, 'sealed')).toEqual(usual);
  const jump = { address: 'bastion', sshPort: 22, sshUser: 'jump', hostKeyFingerprint: 'SHA256:y' };
  const more = { socketPath: '/run/user/1000/docker.sock', hostKeyType: 'rsa', jump } as const;
  expect(accessOf({ ...node, ...more }, 'sealed')).toEqual({ ...usual, ...more });
});
