import { z } from 'zod';
import {
  deploymentProgressed,
  type DeploymentProgress,
  type StoredSecret,
  storedSecretSchema,
} from '#libs/contracts';
import { deployerSettings } from '../settings.js';
import { type Api, call, callPieces, callText, query } from './api.js';

/** Only what is used is demanded; whatever else the API says passes through to `--json`. */
const requestSchema = z.looseObject({
  state: z.string(),
  request: z.looseObject({ appId: z.string() }),
});
const releaseSchema = z.looseObject({
  id: z.string(),
  service: z.string(),
  createdAt: z.string(),
  current: z.boolean(),
  deployments: z.array(z.looseObject({ at: z.string() })),
  instances: z.array(z.looseObject({ name: z.string(), node: z.string() })),
});
const buildSchema = z.looseObject({
  token: z.string(),
  release: z.string().optional(),
  startedAt: z.string(),
});

const changeSchema = z.looseObject({ by: z.string(), at: z.string() });
const specSchema = z.looseObject({
  running: z.number(),
  history: z.array(
    z.looseObject({
      revision: z.number(),
      spec: z.looseObject({
        state: z.enum(['running', 'stopped']),
        count: z.number(),
        declaredCount: z.number(),
        release: z.string().optional(),
        limits: z.looseObject({ cpu: z.number(), memoryMiB: z.number() }),
        changes: z.looseObject({ count: changeSchema }),
      }),
      principal: z.string(),
      verified: z.boolean(),
      reason: z.string().nullable(),
      token: z.string(),
      changedAt: z.string(),
    }),
  ),
});

const instanceSchema = z.looseObject({
  instance: z.string(),
  state: z.string(),
  node: z.string(),
});

export type InstanceOfService = z.infer<typeof instanceSchema>;
export type SpecRow = z.infer<typeof specSchema>;
export type SpecRevisionRow = SpecRow['history'][number];
export type ReleaseRow = z.infer<typeof releaseSchema>;
export type BuildRow = z.infer<typeof buildSchema>;

export interface InstanceLogWish {
  readonly appId: string;
  readonly service: string;
  readonly instance: string;
  readonly tail: number;
  readonly follow: boolean;
}

/** The HTTP API of the deployer: what became of requests, releases and builds. */
export interface Deployer {
  /** The application of a request. */
  request(token: string): Promise<{ readonly appId: string; readonly state: string }>;
  history(token: string): Promise<readonly DeploymentProgress[]>;
  releases(appId: string, service?: string): Promise<readonly ReleaseRow[]>;
  /** What is wanted of a service, with its history: the newest first. */
  spec(appId: string, service: string): Promise<SpecRow>;
  /** Of which something is kept, the newest first. */
  builds(appId: string, service: string): Promise<readonly BuildRow[]>;
  buildLog(token: string, service: string): Promise<string>;
  /** Which there are; no values. */
  secrets(appId: string): Promise<readonly StoredSecret[]>;
  instances(appId: string, service: string): Promise<readonly InstanceOfService[]>;
  /** What an instance says, piece by piece. */
  instanceLog(instance: InstanceLogWish, signal: AbortSignal): AsyncIterable<string>;
}

export function openDeployer(): Deployer {
  const { SLIPWAY_DEPLOYER_URL, SLIPWAY_API_TOKEN } = deployerSettings();
  const variable = 'SLIPWAY_DEPLOYER_URL';
  const api: Api = {
    app: 'deployer',
    url: SLIPWAY_DEPLOYER_URL,
    variable,
    token: SLIPWAY_API_TOKEN.reveal(),
  };
  const requests = (token: string, rest = ''): string => `/v1/requests/${encodeURIComponent(token)}${rest}`;
  const instances = (appId: string, service: string): string =>
    `/v1/apps/${appId}/services/${service}/instances`;
  return {
    async request(token) {
      const { state, request } = await call(api, requestSchema, { path: requests(token) });
      return { state, appId: request.appId };
    },
    history: (token) =>
      call(api, z.array(deploymentProgressed.schema), { path: requests(token, '/history') }),
    releases: (appId, service) =>
      call(api, z.array(releaseSchema), { path: `/v1/releases${query({ appId, service })}` }),
    spec: (appId, service) => call(api, specSchema, { path: `/v1/apps/${appId}/services/${service}/spec` }),
    builds: (appId, service) =>
      call(api, z.array(buildSchema), { path: `/v1/builds${query({ appId, service })}` }),
    secrets: (appId) => call(api, z.array(storedSecretSchema), { path: `/v1/secrets${query({ appId })}` }),
    instances: (appId, service) => call(api, z.array(instanceSchema), { path: instances(appId, service) }),
    instanceLog({ appId, service, instance, tail, follow }, signal) {
      const wish = query({ tail: String(tail), follow: String(follow) });
      const path = `${instances(appId, service)}/${encodeURIComponent(instance)}/logs${wish}`;
      return callPieces(api, path, signal);
    },
    buildLog: (token, service) => callText(api, requests(token, `/build-log${query({ service })}`)),
  };
}
