import { Inject } from '@nestjs/common';
import {
  instanceReported,
  serviceRoutesChanged,
  type ServiceRoutesChange,
  type InstanceReport,
  serviceSpecChanged,
  type ServiceSpecChange,
} from '#libs/contracts';
import { Consumer } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { Handles } from '#libs/runtime';
import { recordReport, recordRoutes, recordSpec } from './adapters/postgres-registry.js';
import { INSTANCE_FOLLOWER, type InstanceFollower } from './ports.js';

/** instance.reports -> the registry. Idempotent, and in any order: the newest report of an instance counts. */
@Consumer()
export class InstanceReportsConsumer {
  constructor(@Inject(INSTANCE_FOLLOWER) private readonly follow: InstanceFollower) {}

  @Handles(instanceReported)
  async record(report: InstanceReport, tx: Transaction): Promise<void> {
    await recordReport(tx, report);
    await this.follow(tx, report);
  }
}

/** service.specs -> what is wanted of each service, and how it is reached. Idempotent, and in any order: the newest revision counts. */
@Consumer()
export class ServiceSpecsConsumer {
  @Handles(serviceSpecChanged)
  async record(spec: ServiceSpecChange, tx: Transaction): Promise<void> {
    await recordSpec(tx, spec);
  }

  @Handles(serviceRoutesChanged)
  async recordRoutes(change: ServiceRoutesChange, tx: Transaction): Promise<void> {
    await recordRoutes(tx, change);
  }
}
