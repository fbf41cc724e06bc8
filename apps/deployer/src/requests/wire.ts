import { setTimeout as delay } from 'node:timers/promises';
import { type DeploymentRequest, type ScaleRequest, topics } from '#libs/contracts';
import type { InvalidMessage } from '#libs/kafka';
import {
  type Listener,
  type Outbox,
  type Pool,
  repliesChannel,
  type Transaction,
  transaction,
} from '#libs/postgres';
import { currentTraceparent, type Tracing } from '#libs/telemetry';
import type { DeployerConfig } from '../deployer.config.js';
import type { SecretRefusals } from '../secrets/ports.js';
import { createNewTasks } from '../task/intake.wire.js';
import type { Clock, TaskRequests } from '../task/ports.js';
import { SCHEMA, type Storage } from '../task/storage.wire.js';
import { asksTheSame } from './adapters/asks-the-same.js';
import { ReplyBoard } from './adapters/reply-board.js';
import { PostgresRequestAnswers } from './adapters/request-answers.js';
import { PostgresIntake } from './adapters/request-intake.js';
import type { RequestRecord } from './adapters/request-record.js';
import { PostgresTaskRequests } from './adapters/task-requests.js';
import { awaitReply } from './await-reply.js';
import { replyToUnreadable } from './domain/unreadable-request.js';
import type { Origin, RequestAnswers, RequestIntake, Submissions, TakenIn } from './ports.js';

export function createIntake(config: DeployerConfig, storage: Storage, clock: Clock): RequestIntake {
  return new PostgresIntake({
    ...storage,
    tasks: createNewTasks({ ...storage, clock, replica: config.DEPLOYER_REPLICA }),
    clock,
    replyTopics: config.DEPLOYER_REPLY_TOPICS,
    defaultDeadlineMs: config.DEPLOYER_DEADLINE_MS,
  });
}

export const createRequestAnswers = (outbox: Outbox): RequestAnswers => new PostgresRequestAnswers(outbox);

export const createTaskRequests = ({ pool, outbox }: Storage): TaskRequests =>
  new PostgresTaskRequests(pool, outbox);

interface SubmissionParts {
  readonly pool: Pool;
  readonly intake: RequestIntake;
  readonly record: RequestRecord;
  readonly listener: Listener;
  readonly tracing: Tracing;
  readonly clock: Clock;
}

/** Requests by HTTP: the consumers' intake, each in a transaction of its own. `close` ends all waits for replies. */
export async function openSubmissions(parts: SubmissionParts): Promise<Submissions & { close(): void }> {
  const { pool, intake, record, listener, tracing, clock } = parts;
  const board = new ReplyBoard();
  await listener.subscribe(repliesChannel(SCHEMA), (token) => board.tell(token));
  const ending = new AbortController();
  const ports = {
    replies: {
      reply: (token: string) => record.reply(token),
      onReply: (token: string, callback: () => void) => board.onReply(token, callback),
    },
    ...{ clock, wait: (ms: number, signal: AbortSignal) => delay(ms, undefined, { signal }) },
  };
  async function take<R extends DeploymentRequest | ScaleRequest>(
    request: R,
    origin: Origin,
    accept: (tx: Transaction, request: R, origin: Origin) => Promise<boolean>,
  ): Promise<TakenIn> {
    const isNew = await tracing.withSpan({ name: 'accept request', parent: origin.traceparent }, () =>
      transaction(pool, (tx) => accept(tx, request, { ...origin, traceparent: currentTraceparent() })),
    );
    if (isNew) return { isOther: false };
    const stored = await record.request(request.token);
    return { isOther: stored !== undefined && !asksTheSame(stored.request, request) };
  }
  return {
    deployment: (request, from) => take(request, from, (...given) => intake.accept(...given)),
    scale: (request, from) => take(request, from, (...given) => intake.acceptScale(...given)),
    reply: (token, withinMs, signal) =>
      awaitReply(ports, token, withinMs, AbortSignal.any([signal, ending.signal])),
    close: () => ending.abort(),
  };
}

interface Intakes {
  readonly intake: RequestIntake;
  readonly secretIntake: SecretRefusals;
}

/** A request that cannot be read is answered all the same, where its token can. */
export async function answerInvalid(
  pool: Pool,
  { intake, secretIntake }: Intakes,
  { topic, value, reason }: InvalidMessage,
): Promise<void> {
  if (value === null) return;
  const body = value.toString();
  const reply = replyToUnreadable(body, reason);
  if (reply === undefined) return;
  const { token, error } = reply;
  const unreadable = { unreadable: body };
  await transaction(pool, async (tx) => {
    if (topic === topics.deploymentRequests) await intake.refuse(tx, unreadable, reply);
    if (topic === topics.scaleRequests)
      await intake.refuseScale(tx, unreadable, { token, status: false, error });
    if (topic === topics.secretRequests) await secretIntake.refuse(tx, { token, status: false, error });
  });
}
