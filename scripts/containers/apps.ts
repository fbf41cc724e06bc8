import type { z } from 'zod';
import { type AppName, httpPortVariable } from '#libs/app-roles';
import { agentConfigSchema } from '../../apps/agent/src/agent.config.js';
import { cliConfigSchema } from '../../apps/cli/src/settings.js';
import { deployerConfigSchema } from '../../apps/deployer/src/deployer.config.js';
import { gatewayConfigSchema } from '../../apps/gateway/src/gateway.config.js';
import { loadBalancerConfigSchema } from '../../apps/load-balancer/src/load-balancer.config.js';
import { nodeManagerConfigSchema } from '../../apps/node-manager/src/node-manager.config.js';
import { rescalerConfigSchema } from '../../apps/rescaler/src/rescaler.config.js';
import { needsOf, type Variables, variablesOf } from './variables.js';

/** An app as containers know it. */
export interface App {
  readonly name: AppName;
  readonly schema: z.ZodObject;
  /** Its HTTP port in a container, the same in every form. Replicas are published from it on, ten at most. */
  readonly port: number;
  /** It builds images: it gets an engine's socket, and a folder on disk. */
  readonly builds?: boolean;
  /** The port at which it takes requests for services. */
  readonly trafficPort?: number;
  /** The same with TLS. */
  readonly trafficTlsPort?: number;
  /** Debian packages of programs that it starts. */
  readonly packages?: readonly string[];
}

/** The one list of apps. Dockerfile arguments, compose files and the chart follow from it. */
export const apps: readonly App[] = [
  { name: 'deployer', schema: deployerConfigSchema, port: 8110, builds: true },
  { name: 'load-balancer', schema: loadBalancerConfigSchema, port: 8120 },
  { name: 'node-manager', schema: nodeManagerConfigSchema, port: 8130 },
  { name: 'agent', schema: agentConfigSchema, port: 8140 },
  {
    ...{ name: 'gateway', schema: gatewayConfigSchema, port: 8150, packages: ['haproxy'] },
    ...{ trafficPort: 8080, trafficTlsPort: 8443 },
  },
  { name: 'rescaler', schema: rescalerConfigSchema, port: 8160 },
];

/** What one container is made of: an app, or several in one process, or the command. */
export interface Image {
  readonly name: string;
  readonly apps: readonly App[];
  /** What it reads, by the variable's name. */
  readonly variables: Variables;
}

const imageOf = (name: string, parts: readonly App[]): Image => ({
  name,
  apps: parts,
  variables: new Map(parts.flatMap(({ schema }) => [...variablesOf(schema)])),
});

export const appImages: readonly Image[] = apps.map((app) => imageOf(app.name, [app]));
export const standaloneImage = imageOf('standalone', apps);
export const cliImage: Image = { name: 'cli', apps: [], variables: variablesOf(cliConfigSchema) };
export const images: readonly Image[] = [...appImages, standaloneImage, cliImage];

export const portsOf = (image: Image): readonly number[] => image.apps.map(({ port }) => port);
export const trafficPortOf = (image: Image): number | undefined =>
  image.apps.find(({ trafficPort }) => trafficPort !== undefined)?.trafficPort;
export const trafficTlsPortOf = (image: Image): number | undefined =>
  image.apps.find(({ trafficTlsPort }) => trafficTlsPort !== undefined)?.trafficTlsPort;
export const packagesOf = (image: Image): readonly string[] =>
  image.apps.flatMap(({ packages = [] }) => packages);
export const buildsImages = (image: Image): boolean => image.apps.some(({ builds }) => builds === true);
export const partsOf = (image: Image): readonly string[] => needsOf(image.variables);

/** What each app may use. */
export const MEMORY_MIB = 512;

/** Where the deployer unpacks sources. */
export const WORK_FOLDER = '/var/lib/slipway';
/** Certificates, and keys of builders. */
export const FILES_FOLDER = '/etc/slipway';

/** Variables whose value follows from being in a container. */
export const fixedVariables = (image: Image): Readonly<Record<string, string>> => ({
  ...(image.apps.length > 0 && { SLIPWAY_HTTP_HOST: '0.0.0.0' }),
  ...Object.fromEntries(image.apps.map(({ name, port }) => [httpPortVariable(name), String(port)])),
  ...trafficVariables(trafficPortOf(image)),
  ...trafficTlsVariables(trafficTlsPortOf(image)),
  ...(buildsImages(image) && { DEPLOYER_WORK_DIRECTORY: WORK_FOLDER }),
});

/** HAProxy ends with its container. */
const trafficVariables = (port: number | undefined): Readonly<Record<string, string>> =>
  port === undefined
    ? {}
    : {
        GATEWAY_LISTEN: `0.0.0.0:${port}`,
        GATEWAY_FOLDER: '/tmp/gateway',
        GATEWAY_LEAVE_HAPROXY: 'false',
        GATEWAY_HAPROXY: '/usr/sbin/haproxy',
      };

/** HTTPS is taken in any case; without a certificate nobody is answered. */
const trafficTlsVariables = (port: number | undefined): Readonly<Record<string, string>> =>
  port === undefined ? {} : { GATEWAY_LISTEN_TLS: `0.0.0.0:${port}` };

/** A replica's name comes from the container's host name. A folder of zips would have to be in every container. */
const isOfProcess = (name: string): boolean => name.endsWith('_REPLICA') || name === 'SLIPWAY_BLOB_FOLDER';

/** Variables that whoever runs it may set. */
export function settableVariables(image: Image): Variables {
  const fixed = fixedVariables(image);
  return new Map([...image.variables].filter(([name]) => !Object.hasOwn(fixed, name) && !isOfProcess(name)));
}
