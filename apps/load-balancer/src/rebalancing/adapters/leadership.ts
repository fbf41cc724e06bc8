import type { PoolClient } from 'pg';
import { endAdvisoryLock, type Pool, tryAdvisoryLock } from '#libs/postgres';

/** One replica at a time leads, by an advisory lock that ends with its session. */
export class Leadership {
  private session: PoolClient | undefined;

  constructor(
    /** Whose connections keep their sessions. */
    private readonly sessions: Pool,
    private readonly lock: string,
  ) {}

  /** Whether this replica leads now: it does still, or it has just begun to. Throws where the database does not answer. */
  async leads(): Promise<boolean> {
    if (this.session === undefined) return this.tryToLead();
    try {
      await this.session.query('SELECT 1');
      return true;
    } catch (error) {
      this.session.release(true);
      this.session = undefined;
      throw error;
    }
  }

  async end(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    if (session !== undefined) await endAdvisoryLock(session, this.lock);
  }

  private async tryToLead(): Promise<boolean> {
    const session = await this.sessions.connect();
    let leads = false;
    let isBroken = true;
    try {
      leads = await tryAdvisoryLock(session, this.lock);
      isBroken = false;
    } finally {
      if (!leads) session.release(isBroken);
    }
    this.session = session;
    if (!leads) this.session = undefined;
    return leads;
  }
}
