import { Inject } from '@nestjs/common';
import { type LearnedLimits, limitsLearned } from '#libs/contracts';
import { Consumer } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { Handles } from '#libs/runtime';
import { LIMITS_INTAKE, type LimitsIntake } from './ports.js';

/** spec.requests -> the limits that new instances start with. */
@Consumer()
export class LearnedLimitsConsumer {
  constructor(@Inject(LIMITS_INTAKE) private readonly intake: LimitsIntake) {}

  @Handles(limitsLearned)
  async learn(learned: LearnedLimits, tx: Transaction): Promise<void> {
    await this.intake.learn(tx, learned);
  }
}
