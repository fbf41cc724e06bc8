import type { LimitChange, LimitsApplied } from '#libs/contracts';
import type { EngineLimits } from '../watch/ports.js';
import type { Subject } from './domain/found.js';
import { LimitError, type LimitFailure } from './domain/limit-error.js';
import type { LimitedNode, Order, Target } from './ports.js';

const MIB = 1024 ** 2;

interface FakeContainer {
  applied: LimitsApplied;
  used: number;
  inactive: number;
}

/** A node in memory with cgroup v1, whose kernel gives back file cache that rests, and nothing else. */
export class FakeLimitedNode implements LimitedNode {
  readonly containers = new Map<string, FakeContainer>();
  /** Each call, in its order. */
  readonly did: string[] = [];
  /** How the next calls of a kind fail. */
  readonly failures: Partial<Record<'find' | 'write' | 'update', LimitFailure>> = {};
  /** Limits whose writing fails, and what is said then. */
  readonly notWritable = new Map<string, string>();

  add(
    name: string,
    { used = 20 * MIB, inactive = 0, ...applied }: Partial<FakeContainer & LimitsApplied> = {},
  ): void {
    const limits = { cpus: 0.5, cpuset: '0-1', memoryBytes: 128 * MIB, ...applied };
    this.containers.set(name, { used, inactive, applied: limits });
  }

  async find({ instance, container = '' }: LimitChange): Promise<Target | undefined> {
    this.fail('find');
    const name = instance ?? container;
    if (name.startsWith('/')) return { kind: 'group', path: name };
    return this.containers.has(name) ? { kind: 'container', id: name, pid: 1 } : undefined;
  }

  async write(orders: readonly Order[]): Promise<readonly Subject[]> {
    this.did.push(`write ${orders.map(({ words }) => words.join(' ')).join(', ')}`.trim());
    this.fail('write');
    return orders.map((order) => this.written(order));
  }

  async update(id: string, limits: EngineLimits): Promise<void> {
    this.did.push(
      `update ${id} ${Object.entries(limits)
        .map((pair) => pair.join('='))
        .join(' ')}`,
    );
    this.fail('update');
    const found = this.containers.get(id);
    if (found === undefined) throw new LimitError('gone', 'no such container');
    const { cpus = 0, memoryBytes = Infinity } = limits;
    if (cpus > 2) throw new LimitError('refused', 'Range of CPUs is from 0.01 to 2.00');
    if (memoryBytes < found.used)
      throw new LimitError('refused', `unable to set memory limit (current usage: ${found.used})`);
    found.applied = { ...found.applied, ...limits };
  }

  async sizes(): Promise<{ readonly cpus: number; readonly memoryBytes: number }> {
    return { cpus: 2, memoryBytes: 4096 * MIB };
  }

  private fail(call: 'find' | 'write' | 'update'): void {
    const failure = this.failures[call];
    if (failure !== undefined) throw new LimitError(failure, `${call} fails`);
  }

  private written({ target, words }: Order): Subject {
    const found = this.containers.get(target.kind === 'group' ? target.path : target.id);
    if (found === undefined) return { kind: 'gone' };
    const notWritten: { limit: 'cpu' | 'cpuset' | 'memory'; why: string }[] = [];
    for (let n = 0; n < words.length; n += words[n] === 'network' ? 3 : 2) {
      const [word = '', value = ''] = words.slice(n, n + 2);
      const why = this.notWritable.get(`${word} ${value}`) ?? this.notWritable.get(word);
      if (why !== undefined) notWritten.push({ limit: word === 'step' ? 'memory' : (word as 'cpu'), why });
      else if (!set(found, word, value)) notWritten.push({ limit: 'memory', why: 'printf: I/O error' });
    }
    const { applied, used, inactive } = found;
    const figures = { usedBytes: used, inactiveBytes: inactive, allCpus: '0-1' };
    return { kind: 'found', version: 1, applied, ...figures, notWritten };
  }
}

/** False where the kernel cannot take so much back. */
function set(found: FakeContainer, word: string, value: string): boolean {
  const number = value === '-1' || value === '0' ? null : Number(value);
  if (word === 'step') {
    const given = Math.min(found.inactive, Math.max(0, found.used - Number(value)));
    found.used -= given;
    found.inactive -= given;
    if (found.used > Number(value)) return false;
  }
  const changed: Readonly<Record<string, LimitsApplied>> = {
    cpu: { cpus: number === null ? null : number / 100_000 },
    cpuset: { cpuset: value },
    memory: { memoryBytes: number },
    step: { memoryBytes: number },
    read: { diskReadBytesPerSecond: number },
    write: { diskWriteBytesPerSecond: number },
    network: { networkBytesPerSecond: number === null ? null : number / 8 },
  };
  found.applied = { ...found.applied, ...changed[word] };
  return true;
}
