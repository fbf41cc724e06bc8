import { setTimeout as delay } from 'node:timers/promises';
import { type DeploymentRequest, type ScaleRequest, topics } from '#libs/contracts';
import type { InvalidMessage, Prove } from '#libs/kafka';
import {
  type Listener,
  type Outbox,
  type Pool,
  repliesChannel,
  type Transaction,
  transaction,
} from '#libs/postgres';
import { requestKeysOf } from '#libs/secrets';
import { currentTraceparent, type Tracing } from '#libs/telemetry';
import type { DeployerConfig } from '../deployer.config.js';
import type { SecretRefusals } from '../secrets/ports.js';
import { createNewTasks } from '../task/intake.wire.js';
import type { Clock, TaskRequests } from '../task/ports.js';
import { SCHEMA, type Storage } from '../task/storage.wire.js';
import { asksTheSame } from './adapters/asks-the-same.js';
import { ReplyBoard } from './adapters/reply-board.js';
import { outgoingReply } from './adapters/reply-messages.js';
import { PostgresRequestAnswers } from './adapters/request-answers.js';
import { PostgresIntake } from './adapters/request-intake.js';
import type { RequestRecord } from './adapters/request-record.js';
import { proveBySignature, SIGNATURE_REFUSED } from './adapters/signed-requests.js';
import { PostgresTaskRequests } from './adapters/task-requests.js';
import { awaitReply } from './await-reply.js';
import { replyToUnproven, replyToUnreadable } from './domain/unreadable-request.js';
import type { Origin, RequestAnswers, RequestIntake, RequestKind, Submissions, TakenIn } from './ports.js';

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

/** Who signs requests, by the keys of the configuration. */
export const createProof = (config: DeployerConfig): Prove | undefined =>
  proveBySignature({
    keys: requestKeysOf(config),
    areRequired: config.REQUEST_SIGNATURES === 'required',
  });

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
  readonly outbox: Outbox;
}

/** A request that cannot be read is answered all the same, where its token can. */
export async function answerInvalid(
  pool: Pool,
  intakes: Intakes,
  { topic, value, reason, code }: InvalidMessage,
): Promise<void> {
  if (value === null) return;
  const body = value.toString();
  if (code === SIGNATURE_REFUSED) return answerUnproven(pool, intakes.outbox, { topic, body, reason });
  const { intake, secretIntake } = intakes;
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

/** Where requests of a kind are answered, by the topic that they come on. */
const ANSWERED: Readonly<Record<string, { readonly kind: RequestKind; readonly topic: string }>> = {
  [topics.deploymentRequests]: { kind: 'deployment', topic: topics.deploymentResponses },
  [topics.scaleRequests]: { kind: 'scale', topic: topics.scaleResponses },
  [topics.secretRequests]: { kind: 'secret', topic: topics.secretResponses },
};

interface Unproven {
  readonly topic: string;
  readonly body: string;
  readonly reason: string;
}

/** Answered, and not stored: whoever takes another's token must not use it up. */
async function answerUnproven(pool: Pool, outbox: Outbox, { topic, body, reason }: Unproven): Promise<void> {
  const reply = replyToUnproven(body, reason);
  const way = ANSWERED[topic];
  if (reply === undefined || way === undefined) return;
  const { token, error } = reply;
  const said = way.kind === 'deployment' ? reply : { token, status: false, error };
  await transaction(pool, (tx) => outbox.add(tx, [outgoingReply(way.kind, said, way.topic)]));
}
