import { type DynamicModule, Module } from '@nestjs/common';
import type { WorkQueue } from '#libs/postgres';
import type { RequestIntake } from './adapters/request-intake.js';
import { DeploymentRequestsConsumer } from './consumers/deployment-requests.consumer.js';
import { NodeAnswersConsumer } from './consumers/node-answers.consumer.js';
import { ScaleRequestsConsumer } from './consumers/scale-requests.consumer.js';
import { REQUEST_INTAKE, WORK_QUEUE } from './tokens.js';

export interface DeployerModuleParts {
  readonly intake: RequestIntake;
  readonly work: WorkQueue;
}

/** What Nest sees of the deployer: its consumers; the rest is plain objects of start.ts. */
@Module({})
export class DeployerModule {
  static register(parts: DeployerModuleParts): DynamicModule {
    return {
      module: DeployerModule,
      controllers: [DeploymentRequestsConsumer, ScaleRequestsConsumer, NodeAnswersConsumer],
      providers: [
        { provide: REQUEST_INTAKE, useValue: parts.intake },
        { provide: WORK_QUEUE, useValue: parts.work },
      ],
    };
  }
}
