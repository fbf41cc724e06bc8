import { type DynamicModule, Module } from '@nestjs/common';
import { TOKENS, type Tokens } from '#libs/http';
import type { WorkQueue } from '#libs/postgres';
import type { RequestRecord } from './requests/adapters/request-record.js';
import { DeploymentRequestsConsumer } from './requests/deployment-requests.consumer.js';
import { EvictionsConsumer } from './repair/consumer.js';
import { EVICTIONS, type Evictions } from './repair/ports.js';
import { NodeAnswersConsumer } from './rollout/consumer.js';
import { MoveRequestsConsumer } from './requests/move-requests.consumer.js';
import { ScaleRequestsConsumer } from './requests/scale-requests.consumer.js';
import { SecretRequestsConsumer } from './secrets/consumer.js';
import { BuildsController } from './logs/builds.http.js';
import { InstancesController } from './logs/instances.http.js';
import { ReleasesController } from './releases/http.js';
import { RequestsController, SubmissionsController } from './requests/http.js';
import { SecretsController } from './secrets/http.js';
import { BUILD_LOGS, type BuildLogs, INSTANCE_LOGS, type InstanceLogs } from './logs/ports.js';
import { RELEASE_RECORD, type ReleaseRecord } from './releases/ports.js';
import {
  REQUEST_INTAKE,
  REQUEST_RECORD,
  type RequestIntake,
  SUBMISSIONS,
  type Submissions,
} from './requests/ports.js';
import { WaitingController } from './rollout/http.js';
import { NODE_WAITS, type NodeWaits, WORK_QUEUE } from './rollout/ports.js';
import { RoutesController } from './routes/http.js';
import { ROUTE_RECORD, type RouteRecord } from './routes/ports.js';
import { SpecsController } from './services/http.js';
import { LearnedLimitsConsumer } from './services/consumer.js';
import {
  LIMITS_INTAKE,
  type LimitsIntake,
  SCALING_RECORD,
  type ScalingRecord,
  SPECS,
  type SpecReader,
} from './services/ports.js';
import { ScalingController } from './services/scaling.http.js';
import { SECRET_INTAKE, type SecretList, type SecretRequests, SECRETS } from './secrets/ports.js';

export interface DeployerModuleParts {
  readonly intake: RequestIntake;
  readonly work: WorkQueue;
  readonly waits: NodeWaits;
  readonly evictions: Evictions;
  readonly requests: RequestRecord;
  readonly submissions: Submissions;
  readonly releases: ReleaseRecord;
  readonly buildLogs: BuildLogs;
  readonly secretIntake: SecretRequests;
  readonly secrets: SecretList;
  readonly instanceLogs: InstanceLogs;
  readonly specs: SpecReader;
  readonly routes: RouteRecord;
  readonly scaling: ScalingRecord;
  readonly limits: LimitsIntake;
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
        ...[MoveRequestsConsumer, LearnedLimitsConsumer],
        ...[RequestsController, SubmissionsController, ReleasesController],
        ...[BuildsController, InstancesController, SecretsController, SpecsController],
        ...[WaitingController, EvictionsConsumer, RoutesController, ScalingController],
      ],
      providers: [
        { provide: REQUEST_INTAKE, useValue: parts.intake },
        { provide: WORK_QUEUE, useValue: parts.work },
        { provide: NODE_WAITS, useValue: parts.waits },
        { provide: EVICTIONS, useValue: parts.evictions },
        { provide: REQUEST_RECORD, useValue: parts.requests },
        { provide: SUBMISSIONS, useValue: parts.submissions },
        { provide: RELEASE_RECORD, useValue: parts.releases },
        { provide: BUILD_LOGS, useValue: parts.buildLogs },
        { provide: SECRET_INTAKE, useValue: parts.secretIntake },
        { provide: SECRETS, useValue: parts.secrets },
        { provide: INSTANCE_LOGS, useValue: parts.instanceLogs },
        { provide: SPECS, useValue: parts.specs },
        { provide: ROUTE_RECORD, useValue: parts.routes },
        { provide: LIMITS_INTAKE, useValue: parts.limits },
        { provide: SCALING_RECORD, useValue: parts.scaling },
        { provide: TOKENS, useValue: parts.tokens },
      ],
    };
  }
}
