import { Controller, Headers, Inject } from '@nestjs/common';
import { deployerRoutes as routes, type InputOf, type ServiceScaling } from '#libs/contracts';
import { Caller, Input, type Principal, Serves, unlessSeen } from '#libs/http';
import { SCALING_RECORD, type ScalingRecord } from './ports.js';
import { unknownService } from './unknown-service.http.js';

interface ChangeHeaders {
  readonly 'if-match'?: string;
}

/** How services scale. */
@Controller()
export class ScalingController {
  constructor(@Inject(SCALING_RECORD) private readonly record: ScalingRecord) {}

  @Serves(routes.scaling)
  async scaling(@Input() { params }: InputOf<typeof routes.scaling>): Promise<ServiceScaling> {
    const found = await this.record.of(params);
    if (found === undefined) throw unknownService(params);
    return found;
  }

  @Serves(routes.setScaling)
  async set(
    @Input() { params, query, body }: InputOf<typeof routes.setScaling>,
    @Caller() { name: principal }: Principal,
    @Headers() { 'if-match': known }: ChangeHeaders,
  ): Promise<ServiceScaling> {
    return this.record.set(params, body, { principal, ...query }, unlessSeen(known, changed));
  }

  @Serves(routes.takeBackScaling)
  async takeBack(
    @Input() { params, query }: InputOf<typeof routes.takeBackScaling>,
    @Caller() { name: principal }: Principal,
    @Headers() { 'if-match': known }: ChangeHeaders,
  ): Promise<ServiceScaling> {
    return this.record.takeBack(params, { principal, ...query }, unlessSeen(known, changed));
  }
}

const changed = ({ appId, service }: ServiceScaling) => ({
  code: 'SCALING_CHANGED',
  message: `The policy of ${appId}/${service} has changed since it was read.`,
  hint: 'Read it again, and send what you want with the new ETag.',
});
