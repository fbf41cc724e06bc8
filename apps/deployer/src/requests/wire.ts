import { topics } from '#libs/contracts';
import type { InvalidMessage } from '#libs/kafka';
import { transaction, type Pool } from '#libs/postgres';
import type { DeployerConfig } from '../deployer.config.js';
import type { SecretIntake } from '../secrets/adapters/secret-intake.js';
import type { Clock } from '../task/ports.js';
import type { Storage } from '../task/storage.wire.js';
import { RequestIntake } from './adapters/request-intake.js';
import { replyToUnreadable } from './domain/unreadable-request.js';

export function createIntake(config: DeployerConfig, storage: Storage, clock: Clock): RequestIntake {
  return new RequestIntake({
    ...storage,
    clock,
    replica: config.DEPLOYER_REPLICA,
    replyTopics: config.DEPLOYER_REPLY_TOPICS,
    defaultDeadlineMs: config.DEPLOYER_DEADLINE_MS,
  });
}

export interface Intakes {
  readonly intake: RequestIntake;
  readonly secretIntake: SecretIntake;
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
