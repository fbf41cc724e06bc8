import type { LimitChange } from '#libs/contracts';
import { EngineError, type EngineErrorCode } from '#libs/engine';
import { within } from '#libs/runtime';
import type { Containers } from '../../watch/domain/containers.js';
import type { EngineLimits, NodeAccess, Ran } from '../../watch/ports.js';
import { parseFound, type Subject } from '../domain/found.js';
import { LimitError, type LimitFailure } from '../domain/limit-error.js';
import type { LimitedNode, Order, Target } from '../ports.js';
import { limitsProgram } from './limits-program.js';

interface Parts {
  readonly access: Pick<NodeAccess, 'engine' | 'run'>;
  /** What is known to run there. */
  containers(): Containers;
}

/** An update takes 20 to 250 ms, and waits for others of its engine. */
const ANSWER_MS = 8_000;
/** So many in one run of the program: its arguments are one line for the shell of the login. */
const ORDERS_AT_ONCE = 50;

const FAILURES: Readonly<Partial<Record<EngineErrorCode, LimitFailure>>> = {
  ENGINE_UNREACHABLE: 'unreachable',
  ENGINE_ABORTED: 'unreachable',
  ENGINE_FORBIDDEN: 'unsupported',
  ENGINE_UNSUPPORTED: 'unsupported',
  CONTAINER_NOT_FOUND: 'gone',
};

/** The limits of one node, by its engine and a program in its shell. */
export class NodeLimits implements LimitedNode {
  constructor(private readonly parts: Parts) {}

  async find({ instance, container = '' }: LimitChange, isFresh = false): Promise<Target | undefined> {
    if (instance === undefined && container.startsWith('/')) return { kind: 'group', path: container };
    const name = instance ?? container;
    const known = isFresh ? undefined : this.known(name, instance !== undefined);
    if (known !== undefined) return known;
    const found = await this.asked(this.parts.access.engine.inspect(name));
    // An id or a name of its own may look like the name of an instance.
    if (found === undefined || !found.running || found.pid <= 0) return undefined;
    if (instance !== undefined && found.name !== instance) return undefined;
    return { kind: 'container', id: found.id, pid: found.pid };
  }

  async write(orders: readonly Order[]): Promise<readonly Subject[]> {
    const subjects: Subject[] = [];
    for (let from = 0; from < orders.length; from += ORDERS_AT_ONCE)
      subjects.push(...(await this.runFor(orders.slice(from, from + ORDERS_AT_ONCE))));
    return subjects;
  }

  async update(id: string, limits: EngineLimits): Promise<void> {
    await this.asked(this.parts.access.engine.updateLimits(id, limits));
  }

  sizes(): Promise<{ readonly cpus: number; readonly memoryBytes: number }> {
    return this.asked(this.parts.access.engine.sizes());
  }

  private known(name: string, isInstance: boolean): Target | undefined {
    for (const container of this.parts.containers().values()) {
      const { id, pid } = container;
      if (container.name === name && (!isInstance || container.instance !== undefined))
        return { kind: 'container', id, pid };
      if (!isInstance && id === name) return { kind: 'container', id, pid };
    }
    return undefined;
  }

  private async runFor(orders: readonly Order[]): Promise<readonly Subject[]> {
    const words = orders.flatMap(({ target, words: own }) => [...named(target), ...own]);
    const ran = await this.ran(limitsProgram(words));
    const subjects = parseFound(ran.stdout);
    if (subjects?.length === orders.length) return subjects;
    const said = ran.stderr.trim().slice(-500);
    throw new LimitError(
      ran.code === 0 ? 'unreachable' : 'unsupported',
      `the program that writes limits did not end well${said === '' ? '' : `: ${said}`}`,
    );
  }

  private async ran(argv: readonly string[]): Promise<Ran> {
    try {
      return await this.parts.access.run(argv, { timeoutMs: ANSWER_MS });
    } catch (error) {
      throw unreachable(error);
    }
  }

  private async asked<T>(answer: Promise<T>): Promise<T> {
    try {
      return await within(ANSWER_MS, 'the engine', answer);
    } catch (error) {
      if (!(error instanceof EngineError)) throw unreachable(error);
      throw new LimitError(FAILURES[error.code] ?? 'refused', error.message, error);
    }
  }
}

const named = (target: Target): readonly string[] =>
  target.kind === 'container' ? ['container', target.id, String(target.pid)] : ['group', target.path];

const unreachable = (error: unknown): LimitError =>
  new LimitError('unreachable', error instanceof Error ? error.message : String(error), error);
