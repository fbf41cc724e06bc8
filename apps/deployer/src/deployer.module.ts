import { type DynamicModule, Module } from '@nestjs/common';
import { TOKENS, type Tokens } from '#libs/http';
import type { WorkQueue } from '#libs/postgres';
import type { BuildLogs } from './adapters/build-logs.js';
import type { InstanceLogs } from './adapters/instance-logs.js';
import type { ReleaseRecord } from './adapters/release-record.js';
import type { RequestIntake } from './adapters/request-intake.js';
import type { RequestRecord } from './adapters/request-record.js';
import type { SecretIntake } from './adapters/secret-intake.js';
import type { PostgresSecrets } from './adapters/secrets.js';
import { DeploymentRequestsConsumer } from './consumers/deployment-requests.consumer.js';
import { NodeAnswersConsumer } from './consumers/node-answers.consumer.js';
import { ScaleRequestsConsumer } from './consumers/scale-requests.consumer.js';
import { SecretRequestsConsumer } from './consumers/secret-requests.consumer.js';
import { BuildsController } from './http/builds.controller.js';
import { InstancesController } from './http/instances.controller.js';
import { ReleasesController } from './http/releases.controller.js';
import { RequestsController } from './http/requests.controller.js';
import { SecretsController } from './http/secrets.controller.js';
import {
  BUILD_LOGS,
  INSTANCE_LOGS,
  RELEASE_RECORD,
  REQUEST_INTAKE,
  REQUEST_RECORD,
  SECRET_INTAKE,
  SECRETS,
  WORK_QUEUE,
} from './tokens.js';

export interface DeployerModuleParts {
  readonly intake: RequestIntake;
  readonly work: WorkQueue;
  readonly requests: RequestRecord;
  readonly releases: ReleaseRecord;
  readonly buildLogs: BuildLogs;
  readonly secretIntake: SecretIntake;
  readonly secrets: PostgresSecrets;
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
        ...[DeploymentRequestsConsumer, ScaleRequestsConsumer, SecretRequestsConsumer, NodeAnswersConsumer],
        ...[RequestsController, ReleasesController, BuildsController, InstancesController, SecretsController],
      ],
      providers: [
        { provide: REQUEST_INTAKE, useValue: parts.intake },
        { provide: WORK_QUEUE, useValue: parts.work },
        { provide: REQUEST_RECORD, useValue: parts.requests },
        { provide: RELEASE_RECORD, useValue: parts.releases },
        { provide: BUILD_LOGS, useValue: parts.buildLogs },
        { provide: SECRET_INTAKE, useValue: parts.secretIntake },
        { provide: SECRETS, useValue: parts.secrets },
        { provide: INSTANCE_LOGS, useValue: parts.instanceLogs },
        { provide: TOKENS, useValue: parts.tokens },
      ],
    };
  }
}
