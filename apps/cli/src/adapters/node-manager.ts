import { z } from 'zod';
import { apiSettings } from '../settings.js';
import { type Api, call, query } from './api.js';

/** Only what is printed is demanded; whatever else the API says passes through to `--json`. */
const nodeSchema = z.looseObject({
  name: z.string(),
  state: z.string(),
  address: z.string(),
  sshPort: z.number().nullish(),
  cpus: z.number().nullish(),
  memoryBytes: z.number().nullish(),
  engineVersion: z.string().nullish(),
});
const instanceSchema = z.looseObject({
  instance: z.string(),
  appId: z.string(),
  service: z.string(),
  state: z.string(),
  node: z.string(),
  url: z.string(),
  release: z.string(),
});

const serviceSchema = z.looseObject({
  appId: z.string(),
  service: z.string(),
  release: z.string().nullish(),
  running: z.number(),
  wanted: z.number().nullish(),
});

export type ServiceRow = z.infer<typeof serviceSchema>;
export type NodeRow = z.infer<typeof nodeSchema>;
export type InstanceRow = z.infer<typeof instanceSchema>;

export interface NewNode {
  readonly name: string;
  readonly address: string;
  readonly sshPort: number;
  readonly sshUser: string;
  readonly hostKeyFingerprint?: string;
  readonly login: { readonly privateKey: string } | { readonly password: string };
}

export interface InstanceFilter {
  readonly appId?: string;
  readonly state?: 'running';
}

/** The HTTP API of the node manager, as far as the command uses it. */
export interface NodeManager {
  nodes(): Promise<readonly NodeRow[]>;
  addNode(node: NewNode): Promise<NodeRow>;
  instances(filter: InstanceFilter): Promise<readonly InstanceRow[]>;
  /** With how many instances run, and how many should. */
  services(filter: Pick<InstanceFilter, 'appId'>): Promise<readonly ServiceRow[]>;
}

export function openNodeManager(): NodeManager {
  const { SLIPWAY_API_URL, SLIPWAY_API_TOKEN } = apiSettings();
  const api: Api = {
    app: 'node manager',
    url: SLIPWAY_API_URL,
    variable: 'SLIPWAY_API_URL',
    token: SLIPWAY_API_TOKEN.reveal(),
  };
  return {
    nodes: () => call(api, z.array(nodeSchema), { path: '/v1/nodes' }),
    addNode: (node) => call(api, nodeSchema, { path: '/v1/nodes', method: 'POST', body: node }),
    services: (filter) => call(api, z.array(serviceSchema), { path: `/v1/services${query({ ...filter })}` }),
    instances: (filter) =>
      call(api, z.array(instanceSchema), { path: `/v1/instances${query({ ...filter })}` }),
  };
}
