import { type Expected, type MachineProblem, machineProblems } from './domain/machine-problems.js';
import { allocatableOf } from './domain/node.js';
import type { Description, HostKey, Node, NodeAddress, PortRange, SshPlace } from './domain/node.js';
import type { Login, Machines, Nodes, PinnedMachine, SeenMachine } from './ports.js';

interface WayIn {
  /** The one its owner read on the machine; without it the one shown now is accepted and pinned. */
  readonly hostKeyFingerprint: string | undefined;
  readonly login: Login;
}

export interface EnrolNode extends WayIn {
  readonly address: NodeAddress;
  /** Whether it may be a machine whose engine cannot enforce limits. */
  readonly allowUnlimited: boolean;
  /** Whether Docker may be put there if it has no engine. */
  readonly installDocker?: boolean;
  /** The machine in between. */
  readonly jump?: WayIn & { readonly address: SshPlace };
  readonly description?: Partial<Description>;
  /** The principal. */
  readonly by?: string;
}

/** The machine cannot be a node so; all that is wrong with it is in `problems`. */
export class MachineUnusableError extends Error {
  constructor(readonly problems: readonly MachineProblem[]) {
    super(
      refusing(problems)
        .map(({ message }) => message)
        .join(' '),
    );
    this.name = 'MachineUnusableError';
  }
}

/** What instances may have would be nothing. */
export class NothingAllocatableError extends Error {
  constructor(readonly what: 'cores' | 'memory') {
    super(`Nothing is left of the ${what} for instances: the reserve is as large as the capacity.`);
    this.name = 'NothingAllocatableError';
  }
}

export const refusing = (problems: readonly MachineProblem[]): readonly MachineProblem[] =>
  problems.filter(({ severity }) => severity === 'refuses');

export const ENROL_PORTS = Symbol('EnrolNodePorts');
export interface EnrolNodePorts {
  readonly machines: Machines;
  readonly nodes: Nodes;
  readonly portRange: PortRange;
  /** Of the builders, as the kernel or Docker names it; undefined where nobody said. */
  readonly architecture?: string;
}

export interface EnrolledNode {
  readonly node: Node;
  /** What its owner should know all the same. */
  readonly problems: readonly MachineProblem[];
}

/**
 * Pins the machine's host key, and before it that of the jump host; logs in once to see that an engine answers and
 * what else there is to say of the machine, and only then writes the node down. Enrolling it again brings its login and
 * its facts up to date; undefined when name or address are another node's. Throws MachineUnusableError.
 */
export async function enrolNode(ports: EnrolNodePorts, wish: EnrolNode): Promise<EnrolledNode | undefined> {
  const { machines, nodes, portRange } = ports;
  const { address, hostKeyFingerprint, login, jump: given, allowUnlimited, description = {}, by } = wish;
  const between = given && (await pinned(machines, given));
  const key = await machines.hostKey(address, hostKeyFingerprint, between);
  const machine = { ...address, ...key, login };
  const first = await machines.inspect(machine, between);
  const installs = wish.installDocker === true && lacksEngine(first);
  if (installs) await machines.installDocker(machine, between);
  const seen = installs ? await machines.inspect(machine, between) : first;
  const known = await nodes.find(address.name);
  const problems = await problemsOf(ports, seen, { ...address, allowUnlimited, known });
  const { facts } = seen;
  if (facts === undefined || refusing(problems).length > 0) throw new MachineUnusableError(problems);
  assertAllocatable({ ...facts, ...sizesOf(known), ...description });
  const enrolled = { address, facts: { ...key, ...facts }, ports: portRange, description, by };
  const { login: jumpLogin, ...jump } = between ?? { login: undefined };
  const node = await nodes.enrol(
    between === undefined
      ? { ...enrolled, login }
      : { ...enrolled, jump: jump as PinnedMachine, login: { ...login, jump: jumpLogin } },
  );
  return node && { node, problems };
}

/** One that is there and forbids its use, or is too old, is its owner's to mend. */
const lacksEngine = ({ engineProblem }: SeenMachine): boolean => engineProblem?.code === 'ENGINE_UNREACHABLE';

const sizesOf = (known: Node | undefined): Pick<Description, 'capacity' | 'reserve'> =>
  known === undefined || known.wish === 'removed' ? {} : { capacity: known.capacity, reserve: known.reserve };

/** Throws NothingAllocatableError. */
export function assertAllocatable(sizes: Parameters<typeof allocatableOf>[0]): void {
  const { cpus, memoryBytes } = allocatableOf(sizes);
  if (cpus === 0) throw new NothingAllocatableError('cores');
  if (memoryBytes === 0) throw new NothingAllocatableError('memory');
}

const USUAL_SOCKET = '/var/run/docker.sock';

/** What a look at a machine came to, beside what else is enrolled. */
export async function problemsOf(
  { nodes, portRange, architecture }: EnrolNodePorts,
  seen: SeenMachine,
  of: Pick<NodeAddress, 'name' | 'socketPath'> & { readonly allowUnlimited: boolean; readonly known?: Node },
): Promise<readonly MachineProblem[]> {
  const [all, live] = await Promise.all([nodes.list(), nodes.live(of.name)]);
  const others = all.filter(({ name }) => name !== of.name);
  const expected: Expected = {
    ports: of.known ?? portRange,
    ownPorts: new Set(live.flatMap(({ port }) => port ?? [])),
    allowUnlimited: of.allowUnlimited,
    socketPath: of.socketPath ?? USUAL_SOCKET,
    architecture,
    otherArchitectures: others.flatMap((node) => node.architecture ?? []),
  };
  return machineProblems(seen, expected);
}

async function pinned(
  machines: Machines,
  { address, hostKeyFingerprint, login }: NonNullable<EnrolNode['jump']>,
): Promise<PinnedMachine> {
  return { ...address, ...(await machines.hostKey(address, hostKeyFingerprint)), login };
}

/** The keys that a machine and its jump host show now; nothing is stored. */
export async function shownHostKeys(
  { machines }: Pick<EnrolNodePorts, 'machines'>,
  {
    address,
    hostKeyFingerprint,
    jump,
  }: Pick<EnrolNode, 'hostKeyFingerprint' | 'jump'> & { address: SshPlace },
): Promise<HostKey & { readonly jump?: HostKey }> {
  const between = jump && (await pinned(machines, jump));
  const key = await machines.hostKey(address, hostKeyFingerprint, between);
  if (between === undefined) return key;
  const { hostKeyFingerprint: fingerprint, hostKeyType } = between;
  return { ...key, jump: { hostKeyFingerprint: fingerprint, hostKeyType } };
}
