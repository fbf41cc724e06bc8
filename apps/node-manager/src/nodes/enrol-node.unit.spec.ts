import { beforeEach, describe, expect, it } from 'vitest';
import type { SeenHost } from './domain/machine-problems.js';
import type { EngineFacts, HostKey, Node, NodeAddress, PortRange, SshPlace } from './domain/node.js';
import { changeLogin, checkNode, LoginClosedError } from './check-node.js';
import { type EnrolledNode, type EnrolNode, enrolNode } from './enrol-node.js';
import type {
  Enrolled,
  LiveInstance,
  Login,
  Machines,
  NodeLogin,
  Nodes,
  PinnedMachine,
  SeenMachine,
} from './ports.js';

const address: NodeAddress = { name: 'node-1', address: '10.0.0.1', sshPort: 22, sshUser: 'root' };
const login: Login = { password: 'hunter2' };
const portRange: PortRange = { firstPort: 20_000, lastPort: 20_009 };
const facts = {
  cpus: 4,
  memoryBytes: 8_000_000_000,
  engineVersion: '29',
  unenforced: [],
  architecture: 'x86_64',
};
const goodHost: SeenHost = { freeBytes: 50e9, clockAheadMs: 0, socketMode: '660', listeningPorts: [] };

/** A machine that shows one host key and knows one login. */
class OneMachine implements Machines {
  readonly loginsTried: string[] = [];

  readonly asked: string[] = [];
  unenforced: EngineFacts['unenforced'] = [];
  host = goodHost;
  hasEngine = true;
  installs = 0;
  refused: Login | undefined;

  hostKey({ address: at }: SshPlace, wanted = 'SHA256:shown', jump?: PinnedMachine): Promise<HostKey> {
    this.asked.push(jump === undefined ? at : `${at} by ${jump.address}`);
    if (wanted !== 'SHA256:shown') return Promise.reject(new Error('another host key'));
    return Promise.resolve({ hostKeyFingerprint: wanted, hostKeyType: 'rsa' });
  }

  inspect({ hostKeyFingerprint, login: tried }: PinnedMachine, jump?: PinnedMachine): Promise<SeenMachine> {
    this.loginsTried.push(hostKeyFingerprint, ...(jump === undefined ? [] : [jump.hostKeyFingerprint]));
    if (JSON.stringify(tried) === JSON.stringify(this.refused))
      return Promise.reject(new Error('login refused'));
    const { unenforced, host } = this;
    if (this.hasEngine)
      return Promise.resolve({
        ...{ facts: { ...facts, unenforced }, host },
        engine: { rootDirectory: '/var/lib/docker', architecture: 'x86_64', unenforced },
      });
    return Promise.resolve({
      host,
      engineProblem: { code: 'ENGINE_UNREACHABLE', message: 'None.', hint: 'Go.' },
    });
  }

  installDocker(): Promise<void> {
    this.installs += 1;
    this.hasEngine = true;
    return Promise.resolve();
  }
}

type Used = Pick<Nodes, 'list' | 'find' | 'live' | 'enrol' | 'loginOf' | 'changeLogin' | 'refresh'>;

class NodesInMemory implements Used {
  readonly enrolled = new Map<string, Node & { readonly login: NodeLogin }>();
  isTaken = false;

  list(): Promise<readonly Node[]> {
    return Promise.resolve([...this.enrolled.values()]);
  }

  enrol({
    address: at,
    jump,
    facts: known,
    ports,
    login: given,
    description,
  }: Enrolled): Promise<Node | undefined> {
    if (this.isTaken) return Promise.resolve(undefined);
    const at1 = '2026-01-01T00:00:00Z';
    const now = { state: 'ready', wish: 'none', stateSince: at1, enrolledAt: at1 } as const;
    const node: Node = { ...at, jump, ...known, ...ports, ...now, holding: [], labels: {}, ...description };
    this.enrolled.set(node.name, { ...node, login: given });
    return Promise.resolve(node);
  }

  find(name: string): Promise<Node | undefined> {
    return Promise.resolve(this.enrolled.get(name));
  }

  live(): Promise<readonly LiveInstance[]> {
    return Promise.resolve([]);
  }

  loginOf(name: string): Promise<NodeLogin | undefined> {
    return Promise.resolve(this.enrolled.get(name)?.login);
  }

  changeLogin(name: string, given: NodeLogin): Promise<Node | undefined> {
    const node = this.enrolled.get(name);
    if (node !== undefined) this.enrolled.set(name, { ...node, login: given });
    return Promise.resolve(node);
  }

  async refresh(name: string, known: EngineFacts): Promise<Node | undefined> {
    const node = this.enrolled.get(name);
    if (node !== undefined) this.enrolled.set(name, { ...node, ...known });
    return this.enrolled.get(name);
  }
}

let machines: OneMachine;
let nodes: NodesInMemory;
beforeEach(() => {
  machines = new OneMachine();
  nodes = new NodesInMemory();
});
const ports = () => ({ machines, nodes: nodes as unknown as Nodes, portRange });
const enrolled = (changes: Partial<EnrolNode> = {}): Promise<EnrolledNode | undefined> =>
  enrolNode(ports(), { address, hostKeyFingerprint: undefined, login, allowUnlimited: false, ...changes });
const enrol = async (changes: Partial<EnrolNode> = {}): Promise<Node | undefined> =>
  (await enrolled(changes))?.node;

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

  it('says everything that refuses the machine at once, and stores nothing', async () => {
    machines.hasEngine = false;
    machines.host = { ...goodHost, clockAheadMs: 900_000, listeningPorts: [20_001] };
    const codes = ['ENGINE_UNREACHABLE', 'CLOCK_SKEW', 'PORTS_IN_USE'];
    await expect(enrol()).rejects.toMatchObject({ problems: codes.map((code) => ({ code })) });
    expect(nodes.enrolled.size).toBe(0);
  });

  it('takes a machine with warnings, and gives them', async () => {
    machines.host = { ...goodHost, socketMode: '666' };
    expect((await enrolled())?.problems).toMatchObject([{ code: 'SOCKET_OPEN', severity: 'warns' }]);
    expect(nodes.enrolled.size).toBe(1);
  });

  it('refuses a reserve that leaves nothing for instances', async () => {
    const description = { reserve: { cpus: 4 } };
    await expect(enrol({ description })).rejects.toThrow('Nothing is left of the cores');
    expect(await enrol({ description: { ...description, capacity: { cpus: 8 } } })).toBeDefined();
  });
});

describe('a machine without Docker', () => {
  it('gets it where that is asked for, and is looked at again', async () => {
    machines.hasEngine = false;
    await expect(enrol()).rejects.toThrow('None.');
    expect(machines.installs).toBe(0);
    expect(await enrol({ installDocker: true })).toMatchObject({ state: 'ready' });
    await enrol({ installDocker: true });
    expect(machines.installs).toBe(1);
  });
});

describe('a check of an enrolled node', () => {
  it('uses the login that rests, finds what an enrolment finds, and changes nothing for it', async () => {
    await enrol();
    machines.host = { ...goodHost, clockAheadMs: 900_000 };
    expect(await checkNode(ports(), 'node-1')).toMatchObject({
      node: { name: 'node-1', state: 'ready' },
      problems: [{ code: 'CLOCK_SKEW', severity: 'refuses' }],
    });
    expect(await checkNode(ports(), 'nowhere')).toBeUndefined();
  });
});

describe('another login', () => {
  const next: Login = { password: 'correct horse' };

  it('is tried before it replaces the old one', async () => {
    await enrol();
    machines.refused = next;
    await expect(changeLogin(ports(), 'node-1', { login: next })).rejects.toThrow('login refused');
    expect(nodes.enrolled.get('node-1')?.login).toEqual(login);
    machines.refused = undefined;
    await changeLogin(ports(), 'node-1', { login: next });
    expect(nodes.enrolled.get('node-1')?.login).toEqual(next);
  });

  it('that may not use the engine does not replace it', async () => {
    await enrol();
    machines.hasEngine = false;
    const failed = changeLogin(ports(), 'node-1', { login: next });
    await expect(failed).rejects.toMatchObject({ problems: [{ code: 'ENGINE_UNREACHABLE' }] });
    expect(nodes.enrolled.get('node-1')?.login).toEqual(login);
  });

  it('leaves that of the jump host as it is, unless it is given', async () => {
    const jump = {
      ...{ address: { address: 'bastion', sshPort: 22, sshUser: 'jump' }, hostKeyFingerprint: undefined },
      login: { password: 'bastion-password' },
    };
    await enrol({ jump });
    await changeLogin(ports(), 'node-1', { login: next });
    expect(nodes.enrolled.get('node-1')?.login).toEqual({ ...next, jump: jump.login });
    await changeLogin(ports(), 'node-1', { login: next, jumpLogin: next });
    expect(nodes.enrolled.get('node-1')?.login).toEqual({ ...next, jump: next });
    nodes.loginOf = () => Promise.resolve(undefined);
    await expect(changeLogin(ports(), 'node-1', { login })).rejects.toThrow(LoginClosedError);
  });
});
