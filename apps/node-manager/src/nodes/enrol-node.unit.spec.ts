import { beforeEach, describe, expect, it } from 'vitest';
import type { EngineFacts, HostKey, Node, NodeAddress, PortRange, SshPlace } from './domain/node.js';
import { type EnrolNode, enrolNode } from './enrol-node.js';
import type { Enrolled, Login, Machines, NodeLogin, Nodes, PinnedMachine } from './ports.js';

const address: NodeAddress = { name: 'node-1', address: '10.0.0.1', sshPort: 22, sshUser: 'root' };
const login: Login = { password: 'hunter2' };
const portRange: PortRange = { firstPort: 20_000, lastPort: 20_009 };
const facts = { cpus: 4, memoryBytes: 8_000_000_000, engineVersion: '29', unenforced: [] };

/** A machine that shows one host key and knows one login. */
class OneMachine implements Machines {
  readonly loginsTried: string[] = [];

  readonly asked: string[] = [];
  unenforced: EngineFacts['unenforced'] = [];

  hostKey({ address: at }: SshPlace, wanted = 'SHA256:shown', jump?: PinnedMachine): Promise<HostKey> {
    this.asked.push(jump === undefined ? at : `${at} by ${jump.address}`);
    if (wanted !== 'SHA256:shown') return Promise.reject(new Error('another host key'));
    return Promise.resolve({ hostKeyFingerprint: wanted, hostKeyType: 'rsa' });
  }

  facts({ hostKeyFingerprint }: PinnedMachine, jump?: PinnedMachine): Promise<EngineFacts> {
    this.loginsTried.push(hostKeyFingerprint, ...(jump === undefined ? [] : [jump.hostKeyFingerprint]));
    return Promise.resolve({ ...facts, unenforced: this.unenforced });
  }
}

class NodesInMemory implements Nodes {
  readonly enrolled = new Map<string, Node & { readonly login: NodeLogin }>();
  isTaken = false;

  list(): Promise<readonly Node[]> {
    return Promise.resolve([...this.enrolled.values()]);
  }

  enrol({ address: at, jump, facts: known, ports, login: given }: Enrolled): Promise<Node | undefined> {
    if (this.isTaken) return Promise.resolve(undefined);
    const now = { state: 'ready' as const, enrolledAt: '2026-01-01T00:00:00Z' };
    const node = { ...at, jump, ...known, ...ports, ...now };
    this.enrolled.set(node.name, { ...node, login: given });
    return Promise.resolve(node);
  }
}

let machines: OneMachine;
let nodes: NodesInMemory;
beforeEach(() => {
  machines = new OneMachine();
  nodes = new NodesInMemory();
});
const enrol = (changes: Partial<EnrolNode> = {}): Promise<Node | undefined> =>
  enrolNode(
    { machines, nodes, portRange },
    { address, hostKeyFingerprint: undefined, login, allowUnlimited: false, ...changes },
  );

describe('enrolling a node', () => {
  it('pins the host key that the machine shows, and stores what its engine says', async () => {
    expect(await enrol()).toMatchObject({
      ...address,
      ...facts,
      ...portRange,
      hostKeyFingerprint: 'SHA256:shown',
      hostKeyType: 'rsa',
    });
    expect(nodes.enrolled.get('node-1')?.login).toEqual(login);
  });

  it('does not log in where the machine shows another host key than its owner gave, and stores nothing', async () => {
    await expect(enrol({ hostKeyFingerprint: 'SHA256:given' })).rejects.toThrow('another host key');
    expect(machines.loginsTried).toEqual([]);
    expect(nodes.enrolled.size).toBe(0);
  });

  it('pins the jump host before the machine behind it, and keeps its login with the other secrets', async () => {
    const place = { address: 'bastion', sshPort: 22, sshUser: 'jump' };
    const jump = { address: place, hostKeyFingerprint: undefined, login: { password: 'bastion-password' } };
    const node = await enrol({ jump });
    expect(machines.asked).toEqual(['bastion', '10.0.0.1 by bastion']);
    expect(machines.loginsTried).toEqual(['SHA256:shown', 'SHA256:shown']);
    expect(node?.jump).toEqual({ ...place, hostKeyFingerprint: 'SHA256:shown', hostKeyType: 'rsa' });
    expect(nodes.enrolled.get('node-1')?.login).toEqual({ ...login, jump: jump.login });
  });

  it('takes a machine whose engine cannot enforce limits only where its owner accepts that, and writes it down', async () => {
    machines.unenforced = ['memory', 'cpu'];
    await expect(enrol()).rejects.toThrow('cannot enforce limits of memory and cpu');
    expect(nodes.enrolled.size).toBe(0);
    expect(await enrol({ allowUnlimited: true })).toMatchObject({ unenforced: ['memory', 'cpu'] });
  });

  it('gives nothing where the name or the address is another node’s', async () => {
    nodes.isTaken = true;
    expect(await enrol()).toBeUndefined();
  });
});
