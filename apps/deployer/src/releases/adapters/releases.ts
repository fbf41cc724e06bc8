import { type Pool, together, type Transaction } from '#libs/postgres';
import { sidesOf } from '../../task/domain/step-writes.js';
import type { Release } from '../../task/domain/task.events.js';
import type { Step, StepWriter } from '../../task/ports.js';
import type { Releases } from '../ports.js';
import * as rows from './release-rows.js';

/** Releases in Postgres, and what steps of tasks write of them. */
export class PostgresReleases implements Releases, StepWriter {
  constructor(private readonly pool: Pool) {}

  byDigest(appId: string, service: string, sourceDigest: string): Promise<Release | undefined> {
    return rows.releaseByDigest(this.pool, appId, service, sourceDigest);
  }

  byId(appId: string, service: string, id: string): Promise<Release | undefined> {
    return rows.releaseById(this.pool, appId, service, id);
  }

  newest(appId: string, service: string, most: number): Promise<readonly string[]> {
    return rows.newestReleases(this.pool, appId, service, most);
  }

  commandDone(release: Release): Promise<boolean> {
    return rows.commandDone(this.pool, release);
  }

  current(appId: string, service: string): Promise<Release | undefined> {
    return rows.currentRelease(this.pool, appId, service);
  }

  lastGood(appId: string, service: string, except: readonly string[]): Promise<Release | undefined> {
    return rows.lastGoodRelease(this.pool, appId, service, except);
  }

  async write(tx: Transaction, { claim, state, writes }: Step): Promise<void> {
    const served = sidesOf(writes, 'end').flatMap(({ result }) =>
      result.status === 'running' && state.mode !== 'scale' ? (result.release ?? []) : [],
    );
    await together(
      ...sidesOf(writes, 'add-release').map(({ release, layers }) =>
        rows.insertRelease(tx, state, release, layers),
      ),
      ...sidesOf(writes, 'set-current-release').map(({ release }) =>
        rows.setCurrentRelease(tx, state, release, claim.taskId),
      ),
      ...sidesOf(writes, 'release-command-done').map(({ release }) => rows.setCommandDone(tx, release)),
      ...served.map((release) => rows.insertDeployment(tx, state, release)),
    );
  }
}
