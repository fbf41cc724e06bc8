import { beforeEach, describe, expect, it } from 'vitest';
import type { Node, NodeAddress, NodeFacts, PortRange } from './domain/node.js';
import { type EnrolNode, enrolNode } from './enrol-node.js';
import type { Login, Machines, Nodes } from './ports.js';

const address: NodeAddress = { name: 'node-1', address: '10.0.0.1', sshPort: 22, sshUser: 'root' };
const login: Login = { password: 'hunter2' };
const portRange: PortRange = { firstPort: 20_000, lastPort: 20_009 };
const facts = { cpus: 4, memoryBytes: 8_000_000_000, engineVersion: '29' };

/** A machine that shows one host key and knows one login. */
class OneMachine implements Machines {
  readonly loginsTried: string[] = [];

  hostKeyFingerprint(): Promise<string> {
    return Promise.resolve('SHA256:shown');
  }

  facts(_: NodeAddress, hostKeyFingerprint: string): Promise<NodeFacts> {
    this.loginsTried.push(hostKeyFingerprint);
    if (hostKeyFingerprint !== 'SHA256:shown') return Promise.reject(new Error('another host key'));
    return Promise.resolve({ ...facts, hostKeyFingerprint });
  }
}

class NodesInMemory implements Nodes {
  readonly enrolled = new Map<string, Node & { readonly login: Login }>();
  isTaken = false;

  list(): Promise<readonly Node[]> {
    return Promise.resolve([...this.enrolled.values()]);
  }

  enrol(at: NodeAddress, known: NodeFacts, ports: PortRange, given: Login): Promise<Node | undefined> {
    if (this.isTaken) return Promise.resolve(undefined);
    const node = { ...at, ...known, ...ports, state: 'ready' as const, enrolledAt: '2026-01-01T00:00:00Z' };
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
  enrolNode({ machines, nodes, portRange }, { address, hostKeyFingerprint: undefined, login, ...changes });

describe('enrolling a node', () => {
  it('pins the host key that the machine shows, and stores what its engine says', async () => {
    expect(await enrol()).toMatchObject({
      ...address,
      ...facts,
      ...portRange,
      hostKeyFingerprint: 'SHA256:shown',
    });
    expect(nodes.enrolled.get('node-1')?.login).toEqual(login);
  });

  it('logs in with the fingerprint that its owner gave, and stores nothing where the machine shows another', async () => {
    await expect(enrol({ hostKeyFingerprint: 'SHA256:given' })).rejects.toThrow('another host key');
    expect(machines.loginsTried).toEqual(['SHA256:given']);
    expect(nodes.enrolled.size).toBe(0);
  });

  it('gives nothing where the name or the address is another node’s', async () => {
    nodes.isTaken = true;
    expect(await enrol()).toBeUndefined();
  });
});
