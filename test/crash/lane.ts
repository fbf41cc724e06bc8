import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type AppProcess, spawnScript, until, untilReady } from '#libs/testing';
import type { CrashCase, Mode } from './cases.js';
import { type Asked, historyOf, type Reply, type Requests, shapeOf } from './requests.js';
import { scenarios, type Scene } from './scenarios.js';
import type { Steering } from './steering.js';
import { isTrue, type Left, sourceFoldersOf, whatIsLeft } from './world.js';

/** Long enough that a busy machine does not lose it, short enough to wait for so often. */
export const LEASE_MS = 2_000;
const REPLICA = 'dist/test/crash/working-replica.js';

/** How a request ended, in a form that is the same for every request of its mode. */
interface End {
  readonly reply: object;
  readonly instances: number;
  /** Of what its instances answer, against what they did before. */
  readonly says: 'nothing' | 'the same' | 'something else';
}

interface Disturbed {
  readonly end: End;
  /** The reply, each time that it came, as JSON. */
  readonly replies: ReadonlySet<string>;
  readonly left: Left;
  /** From the death (or the stand-still) until another replica had the task; undefined where it had ended by then. */
  readonly takeOverMs: number | undefined;
  /** Who wrote the task's events, in their order, each once in a row. */
  readonly writers: readonly string[];
  /** Of sources, that the replica left. */
  readonly folders: readonly string[];
  readonly replica: string;
}

interface Disturbance {
  /** SIGSTOP: the replica stands still, and goes on once another has ended the task. */
  readonly signal: 'SIGKILL' | 'SIGSTOP';
  /** What the application's owner asks for while it stands still, after the other has ended the task. */
  readonly meanwhile?: Asked;
  /** It stands still once more, at that point, while this goes on. */
  readonly again?: {
    readonly at: string;
    readonly meanwhile: (taskId: string, appId: string) => Promise<void>;
  };
}

/** One mode's cases, one after another. */
export class Lane {
  private readonly prepare: () => Promise<Scene>;
  private turn: Promise<unknown> = Promise.resolve();
  private undisturbed: Promise<End> | undefined;

  constructor(
    mode: Mode,
    private readonly requests: Requests,
    private readonly steering: Steering,
  ) {
    this.prepare = scenarios[mode](requests);
  }

  /** How the mode's request ends when nothing happens to it. */
  private async endUndisturbed(): Promise<End> {
    const scene = await this.prepare();
    const before = await this.settled(scene.appId);
    const token = tokenOf(scene);
    await this.requests.publish(scene.request, scene.appId, token);
    const [reply] = await this.requests.answersTo(token);
    return endOf(reply as Reply, before, await this.settled(scene.appId));
  }

  /** The case, and how its mode's request ends undisturbed. */
  run(crash: CrashCase, disturbance: Disturbance): Promise<[Disturbed, End]> {
    const done = this.turn.then(async () => {
      this.undisturbed ??= this.endUndisturbed();
      const undisturbed = await this.undisturbed;
      return [await this.disturbed(crash, disturbance), undisturbed] as [Disturbed, End];
    });
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async disturbed(
    { effect, moment }: CrashCase,
    { signal, meanwhile, again }: Disturbance,
  ): Promise<Disturbed> {
    const { requests, steering } = this;
    const scene = await this.prepare();
    const { appId } = scene;
    const before = await this.settled(appId);
    const token = tokenOf(scene);
    const taskId = `${token}/web`;
    const replica = `dying-${token.slice(-8)}`;
    await steering.keep(taskId);
    const dying = spawnScript(REPLICA, {
      ...process.env,
      DEPLOYER_REPLICA: replica,
      DEPLOYER_LEASE_MS: String(LEASE_MS),
      SLIPWAY_CRASH_AT: [`${effect}:${moment}:${signal}`, again?.at ?? []].flat().join(','),
      SLIPWAY_CRASH_TASK: taskId,
    });
    try {
      await untilReady(dying);
      await requests.publish(scene.request, appId, token);
      await (signal === 'SIGKILL' ? untilDead(dying) : untilStopped(dying));
      const takeOverMs = await this.takenOver(taskId, replica);
      const [reply] = await requests.answersTo(token);
      if (signal === 'SIGSTOP') {
        await this.settled(appId);
        if (meanwhile !== undefined) await requests.ask(meanwhile, appId);
        process.kill(dying.pid, 'SIGCONT');
        if (again !== undefined) {
          await untilStopped(dying);
          await again.meanwhile(taskId, appId);
          process.kill(dying.pid, 'SIGCONT');
        }
        await dying.stop('SIGTERM');
      }
      const left = await this.settled(appId);
      const folders = await sourceFoldersOf(dying.pid);
      const history = await historyOf(steering.pool, taskId);
      const writers = history.map((event) => event.replica);
      return {
        ...{ end: endOf(reply as Reply, before, left), left, takeOverMs, folders, replica },
        writers: writers.filter((writer, n) => writer !== writers[n - 1]),
        replies: new Set((await requests.answersTo(token)).map((answer) => JSON.stringify(answer))),
      };
    } finally {
      await dying.stop('SIGKILL');
    }
  }

  private async takenOver(taskId: string, replica: string): Promise<number | undefined> {
    const since = performance.now();
    await this.steering.letGo(taskId);
    const sql = 'SELECT owner, state FROM deployer.work WHERE id = $1';
    const seen = await until(
      'another replica to take over',
      async () => {
        const { rows } = await this.steering.pool.query<{ owner: string | null; state: string }>(sql, [
          taskId,
        ]);
        const [row] = rows;
        const isOver = row?.state === 'done';
        const isTaken = row?.owner !== null && row?.owner !== replica;
        return isOver || isTaken ? { isOver } : undefined;
      },
      { timeoutMs: LEASE_MS + 10_000 },
    );
    return seen.isOver ? undefined : performance.now() - since;
  }

  /** What is left of the application once all messages have come to rest; as it is, when it never becomes true. */
  private async settled(appId: string): Promise<Left> {
    let left: Left | undefined;
    await until(
      'the world to be true',
      async () => isTrue((left = await whatIsLeft(this.steering.pool, appId))),
      {
        timeoutMs: 8_000,
      },
    ).catch(() => undefined);
    return left as Left;
  }
}

const tokenOf = ({ mark = 'crash' }: Scene): string => `${mark}-${randomUUID()}`;

function endOf(reply: Reply, before: Left, after: Left): End {
  const says = [...new Set(after.says)].join();
  const was = [...new Set(before.says)].join();
  return {
    reply: shapeOf(reply),
    instances: after.running.length,
    says: says === '' ? 'nothing' : says === was ? 'the same' : 'something else',
  };
}

/** The replica did not come to where it was to die, within the time: nothing was killed. */
export class NotDead extends Error {}

async function untilDead(dying: AppProcess): Promise<void> {
  let over = false;
  void dying.ended.then(() => (over = true));
  await until('the replica to die', () => over, { timeoutMs: 150_000 }).catch((error: unknown) => {
    throw new NotDead(`${String(error)}\n${dying.log()}`);
  });
}

/** `T` is what the system says of a process that was stopped by a signal. */
async function untilStopped({ pid, log }: AppProcess): Promise<void> {
  const state = (): string | undefined => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.[0];
  await until('the replica to stand still', () => state() === 'T', { timeoutMs: 150_000 }).catch(
    (error: unknown) => {
      throw new Error(`${String(error)}\n${log()}`);
    },
  );
}
