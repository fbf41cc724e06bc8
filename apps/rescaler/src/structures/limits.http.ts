import { Controller, Inject } from '@nestjs/common';
import {
  type InputOf,
  type LimitsSaid,
  rescalerRoutes as routes,
  type ServiceLimits,
  type VerticalScaling,
} from '#libs/contracts';
import { ApiError, Caller, Input, type Principal, Serves } from '#libs/http';
import { shownBounds, shownContainer } from './domain/shown.js';
import { wantedLimitsOf } from './domain/wanted.js';
import {
  HOST_STATES,
  type HostStates,
  KNOWN_SERVICES,
  type KnownServices,
  STRUCTURE_RECORD,
  type StructureRecord,
} from './ports.js';

const MOST_SHOWN = 20;

interface OfService {
  readonly appId: string;
  readonly service: string;
}

/** Limits of services: what counts, and what people say in place of config.json. */
@Controller()
export class LimitsController {
  constructor(
    @Inject(STRUCTURE_RECORD) private readonly record: StructureRecord,
    @Inject(HOST_STATES) private readonly hosts: HostStates,
    @Inject(KNOWN_SERVICES) private readonly services: KnownServices,
  ) {}

  @Serves(routes.limits)
  limits(@Input() { params }: InputOf<typeof routes.limits>): Promise<ServiceLimits> {
    return this.shown(params);
  }

  @Serves(routes.setLimits)
  async set(
    @Input() { params, body, query }: InputOf<typeof routes.setLimits>,
    @Caller() { name }: Principal,
  ): Promise<ServiceLimits> {
    const { vertical } = await this.known(params);
    if (wantedLimitsOf(vertical, body)?.policy !== 'fixed' && body.at !== undefined)
      throw unfit('`at` sets limits to amounts, so it needs the policy `fixed`.');
    if (vertical === undefined && Object.keys(wantedLimitsOf(vertical, body)?.bounds ?? {}).length === 0)
      throw unfit('No bounds are said, and config.json says none.');
    // A guard that was taken away stays so, until somebody guards it again.
    return this.change(params, name, query, (before) => ({
      ...(before?.guarded !== undefined && { guarded: before.guarded }),
      ...body,
    }));
  }

  @Serves(routes.takeBackLimits)
  async takeBack(
    @Input() { params, query }: InputOf<typeof routes.takeBackLimits>,
    @Caller() { name }: Principal,
  ): Promise<ServiceLimits> {
    await this.known(params);
    return this.change(params, name, query, () => undefined);
  }

  @Serves(routes.guardLimits)
  async guard(
    @Input() { params, body, query }: InputOf<typeof routes.guardLimits>,
    @Caller() { name }: Principal,
  ): Promise<ServiceLimits> {
    await this.known(params);
    return this.change(params, name, query, (before) => ({ ...before, guarded: body.guarded }));
  }

  private async change(
    of: OfService,
    principal: string,
    { reason }: { readonly reason?: string },
    change: (before: LimitsSaid | undefined) => LimitsSaid | undefined,
  ): Promise<ServiceLimits> {
    const by = { principal, ...(reason !== undefined && { reason }) };
    await this.record.change('service', nameOf(of), by, (before) => change(before));
    return this.shown(of);
  }

  private async known(of: OfService) {
    const found = await this.services.find(of);
    if (found !== undefined) return found as typeof found & { readonly vertical?: VerticalScaling };
    throw new ApiError({
      ...{ status: 404, code: 'SERVICE_UNKNOWN' },
      message: `There is no service ${of.appId}/${of.service}.`,
      hint: `See which there are: slipway status ${of.appId} --all`,
    });
  }

  private async shown(of: OfService): Promise<ServiceLimits> {
    const { vertical, starts } = await this.known(of);
    const [history, hosts] = await Promise.all([
      this.record.history('service', nameOf(of), MOST_SHOWN),
      this.hosts.all(),
    ]);
    const said = history[0]?.said as LimitsSaid | undefined;
    const wanted = wantedLimitsOf(vertical, said);
    const containers = hosts
      .flatMap((host) => host.containers)
      .filter(({ appId, service }) => appId === of.appId && service === of.service);
    return {
      ...{ appId: of.appId, service: of.service, guarded: wanted?.guarded ?? false },
      ...(wanted && { bounds: shownBounds(wanted), policy: wanted.policy }),
      setBy: wanted?.setBy ?? 'nobody',
      ...(said && { said }),
      ...(starts && { starts }),
      containers: containers.map(shownContainer),
      history: history.map((version) => ({ ...version })),
    } as ServiceLimits;
  }
}

const nameOf = ({ appId, service }: OfService): string => `${appId}/${service}`;

const unfit = (message: string): ApiError =>
  new ApiError({
    ...{ status: 400, code: 'LIMITS_UNFIT', message },
    hint: 'Say bounds such as {"cpu": {"min": 0.2, "max": 1}}; docs/reference/http-api.md has all fields.',
  });
