import { type DynamicModule, Module } from '@nestjs/common';
import { TOKENS, type Tokens } from '#libs/http';
import type { WorkQueue } from '#libs/postgres';
import type { BuildLogs } from './adapters/build-logs.js';
import type { InstanceLogs } from './adapters/instance-logs.js';
import type { ReleaseRecord } from './adapters/release-record.js';
import type { RequestIntake } from './adapters/request-intake.js';
import type { RequestRecord } from './adapters/request-record.js';
import { DeploymentRequestsConsumer } from './consumers/deployment-requests.consumer.js';
import { NodeAnswersConsumer } from './consumers/node-answers.consumer.js';
import { ScaleRequestsConsumer } from './consumers/scale-requests.consumer.js';
import { BuildsController } from './http/builds.controller.js';
import { InstancesController } from './http/instances.controller.js';
import { ReleasesController } from './http/releases.controller.js';
import { RequestsController } from './http/requests.controller.js';
import {
  BUILD_LOGS,
  INSTANCE_LOGS,
  RELEASE_RECORD,
  REQUEST_INTAKE,
  REQUEST_RECORD,
  WORK_QUEUE,
} from './tokens.js';

export interface DeployerModuleParts {
  readonly intake: RequestIntake;
  readonly work: WorkQueue;
  readonly requests: RequestRecord;
  readonly releases: ReleaseRecord;
  readonly buildLogs: BuildLogs;
  readonly instanceLogs: InstanceLogs;
  readonly tokens: Tokens;
}

/** What Nest sees of the deployer: its consumers and its HTTP; the rest is plain objects of start.ts. */
@Module({})
export class DeployerModule {
  static register(parts: DeployerModuleParts): DynamicModule {
    return {
      module: DeployerModule,
      controllers: [
        ...[DeploymentRequestsConsumer, ScaleRequestsConsumer, NodeAnswersConsumer],
        ...[RequestsController, ReleasesController, BuildsController, InstancesController],
      ],
      providers: [
        { provide: REQUEST_INTAKE, useValue: parts.intake },
        { provide: WORK_QUEUE, useValue: parts.work },
        { provide: REQUEST_RECORD, useValue: parts.requests },
        { provide: RELEASE_RECORD, useValue: parts.releases },
        { provide: BUILD_LOGS, useValue: parts.buildLogs },
        { provide: INSTANCE_LOGS, useValue: parts.instanceLogs },
        { provide: TOKENS, useValue: parts.tokens },
      ],
    };
  }
}
