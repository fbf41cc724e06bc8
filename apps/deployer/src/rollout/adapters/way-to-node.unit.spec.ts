import { expect, it } from 'vitest';
import type { AssignedNode } from '#libs/contracts';
import { wayTo } from './way-to-node.js';

const node: AssignedNode = {
  ...{ name: 'node-1', address: '10.0.0.1', sshPort: 22, sshUser: 'root', hostKeyFingerprint: 'SHA256:x' },
  ...{ port: 20_000, score: 50, sealedLogin: 'sealed' },
};
const login = { privateKey: 'key', passphrase: 'phrase' };
const machine = { host: '10.0.0.1', port: 22, user: 'root', hostKeyFingerprint: 'SHA256:x', login };

it('a node of an answer is reached as it says, also as answers said it before there were sockets and jump hosts', () => {
  expect(wayTo(node, login)).toEqual({ target: machine });
  const more = { socketPath: '/run/d.sock', hostKeyType: 'rsa' } as const;
  expect(wayTo({ ...node, ...more }, login)).toEqual({
    target: { ...machine, hostKeyType: 'rsa' },
    socketPath: '/run/d.sock',
  });
});

it('the jump host has its own login, and the node does not get it', () => {
  const jump = { address: 'bastion', sshPort: 2222, sshUser: 'jump', hostKeyFingerprint: 'SHA256:y' };
  const { target } = wayTo({ ...node, jump }, { ...login, jump: { password: 'p' } });
  expect(target.login).toEqual(login);
  expect(target.jump).toEqual({
    ...{ host: 'bastion', port: 2222, user: 'jump', hostKeyFingerprint: 'SHA256:y' },
    login: { password: 'p' },
  });
});
