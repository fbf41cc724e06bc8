import type { AssignedNode } from '#libs/contracts';
import type { Pool } from '#libs/postgres';
import { nodeLogin } from './node-rows.js';

/** Of a start the engine is asked several things within a few hundred milliseconds. */
const KEPT_MS = 1_000;

interface Kept {
  readonly login: AssignedNode;
  /** By performance.now(). */
  readonly until: number;
}

/** How the deployer gets onto each node: as the latest answer that named it says. */
export class NodeLogins {
  private readonly kept = new Map<string, Kept>();
  private readonly cpus = new Map<string, number>();

  constructor(private readonly pool: Pool) {}

  /** What an answer that came by says of its node counts from now on, also before it is stored. */
  see(login: AssignedNode): void {
    this.kept.set(login.name, { login, until: performance.now() + KEPT_MS });
    if (login.cpus !== undefined) this.cpus.set(login.name, login.cpus);
  }

  /** Of the machine, where an answer that came by told. */
  cpusOf(node: string): number | undefined {
    return this.cpus.get(node);
  }

  /** undefined where no answer ever named the node */
  async of(node: string): Promise<AssignedNode | undefined> {
    const kept = this.kept.get(node);
    if (kept !== undefined && performance.now() < kept.until) return kept.login;
    const login = await nodeLogin(this.pool, node);
    if (login !== undefined) this.see(login);
    return login;
  }
}
