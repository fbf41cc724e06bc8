import { topics } from '#libs/contracts';
import type { InvalidMessage } from '#libs/kafka';
import { type Outbox, transaction, type Pool } from '#libs/postgres';
import type { DeployerConfig } from '../deployer.config.js';
import type { SecretRefusals } from '../secrets/ports.js';
import { createNewTasks } from '../task/intake.wire.js';
import type { Clock, TaskRequests } from '../task/ports.js';
import type { Storage } from '../task/storage.wire.js';
import { PostgresRequestAnswers } from './adapters/request-answers.js';
import { RequestIntake } from './adapters/request-intake.js';
import { PostgresTaskRequests } from './adapters/task-requests.js';
import { replyToUnreadable } from './domain/unreadable-request.js';
import type { RequestAnswers } from './ports.js';

export function createIntake(config: DeployerConfig, storage: Storage, clock: Clock): RequestIntake {
  return new RequestIntake({
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

export interface Intakes {
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
