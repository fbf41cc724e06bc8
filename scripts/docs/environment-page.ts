import type { z } from 'zod';
import { runtimeConfigSchema } from '#libs/runtime';
import { agentConfigSchema } from '../../apps/agent/src/agent.config.js';
import { cliConfigSchema } from '../../apps/cli/src/settings.js';
import { deployerConfigSchema } from '../../apps/deployer/src/deployer.config.js';
import { gatewayConfigSchema } from '../../apps/gateway/src/gateway.config.js';
import { loadBalancerConfigSchema } from '../../apps/load-balancer/src/load-balancer.config.js';
import { nodeManagerConfigSchema } from '../../apps/node-manager/src/node-manager.config.js';
import { rescalerConfigSchema } from '../../apps/rescaler/src/rescaler.config.js';
import { readByLibraries } from '../containers/variables.js';
import { code, page, table } from './markdown.js';

type Def = z.core.$ZodTypeDef & {
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly defaultValue?: unknown;
  readonly entries?: Readonly<Record<string, string>>;
  readonly format?: string;
};

const defOf = (schema: z.ZodType): Def => schema.def as Def;

/** The schema and those that it wraps, from the outside in. */
function layersOf(schema: z.ZodType): readonly z.ZodType[] {
  const { innerType, in: input } = defOf(schema);
  const inner = innerType ?? input;
  return inner === undefined ? [schema] : [schema, ...layersOf(inner)];
}

function metaOf(schema: z.ZodType, name: string): string | undefined {
  const found = layersOf(schema)
    .map((layer) => layer.meta()?.[name])
    .find((value) => value !== undefined);
  return found === undefined ? undefined : String(found);
}

/** What a variable holds: the kind that its helper names, else what the innermost schema is. */
function kindOf(schema: z.ZodType): string {
  const kind = metaOf(schema, 'kind');
  if (kind !== undefined) return kind;
  if (metaOf(schema, 'secret') === 'true') return 'text, kept secret';
  if (isFlag(schema)) return '`true` or `false`';
  const { type, format, entries } = defOf(layersOf(schema).at(-1) ?? schema);
  if (entries !== undefined) return Object.values(entries).map(code).join(', ');
  if (format === 'url') return 'URL';
  return type === 'string' ? 'text' : type;
}

/** `z.stringbool()` is text that becomes a boolean; only its default shows that. */
const isFlag = (schema: z.ZodType): boolean =>
  [true, false].some((flag) => layersOf(schema).some((layer) => defOf(layer).defaultValue === flag));

/** The default as the variable would be written; empty where nothing is the default. */
function defaultOf(schema: z.ZodType): string {
  const shown = metaOf(schema, 'shownDefault');
  if (shown !== undefined) return shown;
  const layers = layersOf(schema);
  const value = layers.map((layer) => defOf(layer).defaultValue).find((found) => found !== undefined);
  if (value === undefined)
    return layers.some((layer) => defOf(layer).type === 'optional') ? '' : '**required**';
  const text =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).map(([name, one]) => `${name}=${String(one)}`)
      : [value].flat().map(String);
  return text.length === 0 ? '' : code(text.join(','));
}

function rowOf([name, schema]: readonly [string, z.ZodType]): readonly string[] {
  const description = metaOf(schema, 'description');
  if (description === undefined) throw new Error(`${name} has no description: add .describe() to its schema`);
  const own = metaOf(schema, 'ownName');
  // A name of the app's own goes before the shared one.
  const names = own === undefined ? code(name) : `${code(own)}, else ${code(name)}`;
  return [names, kindOf(schema), defaultOf(schema), description];
}

type Shape = Readonly<Record<string, z.ZodType>>;

/** The variables of a schema without those of another. */
function section(title: string, shape: Shape, without: Shape = {}): readonly string[] {
  const own = Object.entries(shape).filter(
    ([name, schema]) => !Object.hasOwn(without, name) || metaOf(schema, 'ownName') !== undefined,
  );
  return [`## ${title}`, table(['variable', 'what it holds', 'default', 'what it is for'], own.map(rowOf))];
}

const shared: Shape = runtimeConfigSchema.shape;

const SET_UP = `These are read or written by the scripts of the one-machine set-up only.

- \`REDIS_URL\` names your own Redis; without it the set-up starts one.
- \`SLIPWAY_AGENT_URL\` is the HTTP address of the agent, written for your shell.
- \`SLIPWAY_GATEWAY_URL\` is the HTTP address of the gateway app, written for your shell; \`SLIPWAY_TRAFFIC_URL\` is where it takes the requests for services. \`SLIPWAY_TRAFFIC_TLS_URL\` is the same with TLS, for the host of a service in place of its host, by certificates that \`SLIPWAY_TRAFFIC_CA_FILE\` signed.
- \`SLIPWAY_NODES_FILE\` names a JSON file with machines to use instead of those that the set-up makes.`;

const passedOn = Object.values(readByLibraries).flatMap(({ settings = [], secrets }) => [
  ...settings,
  ...secrets,
]);

const LIBRARIES = `OpenTelemetry's SDK reads its other variables itself; see [Trace requests](../how-to/trace-requests.md). So do the libraries of AWS and Azure.
In containers, these are passed on to the apps that have such a library:

${[...new Set(passedOn)].map((name) => `- ${code(name)}`).join('\n')}`;

const COMPOSE = `These stand in the env file of [containers](../how-to/run-in-containers.md), beside the variables of the apps.

- \`SLIPWAY_IMAGES\` stands before the names of the images, \`slipway\` by default; \`SLIPWAY_VERSION\` is their tag, \`latest\` by default.
- \`SLIPWAY_READY_SECONDS\`, set in the shell, is how long docker/run.sh waits until all is healthy, 300 by default.
- \`SLIPWAY_BIND\` is the address at which ports are published, \`127.0.0.1\` by default.
- \`DEPLOYER_PORT\`, \`LOAD_BALANCER_PORT\`, \`NODE_MANAGER_PORT\`, \`AGENT_PORT\`, \`GATEWAY_PORT\`, \`RESCALER_PORT\`, \`KAFKA_PORT\`, \`POSTGRES_PORT\`, \`KAFKA_BROWSER_PORT\` and \`DATABASE_BROWSER_PORT\` are these ports. Where an app has two replicas, the port is a range, such as \`8110-8119\`.
- \`TRAFFIC_PORT\` is where gateways take the requests for services, \`8080\` by default; with two replicas it is a range, too. \`TRAFFIC_TLS_PORT\` is the same with TLS, \`8443\` by default.
- \`KAFKA_IMAGE\`, \`POSTGRES_IMAGE\`, \`REDIS_IMAGE\`, \`AZURITE_IMAGE\`, \`KAFKA_BROWSER_IMAGE\` and \`DATABASE_BROWSER_IMAGE\` are the images of the parts.
- \`POSTGRES_PASSWORD\` and \`BLOB_ACCOUNT_KEY\`, which docker/run.sh makes, are the keys of Postgres and Azurite of the compose file.
- \`KAFKA_HEAP_OPTS\` are options of Kafka's Java, \`-Xms128m -Xmx512m\` by default.
- \`KAFKA_EXTERNAL_ADDRESS\` is where programs outside of the containers reach Kafka, \`localhost:9094\` by default.`;

/** docs/reference/environment.md, from the schemas that read the environment. */
export const environmentPage = (): string =>
  page('Environment variables', [
    'Each app reads its variables once, at its start. If some are missing or wrong, it names them all and ends.\nAn empty variable counts as not set.',
    'The standalone app reads what all apps read. A demo that is up writes all of them to `.slipway/env`.',
    ...section('Every app', shared),
    'The gateway reads none of the variables of Kafka and of old rows. With `GATEWAY_FEED_URLS` it needs no database either.',
    LIBRARIES,
    ...section('Deployer', deployerConfigSchema.shape, shared),
    ...section('Load balancer', loadBalancerConfigSchema.shape, shared),
    ...section('Node manager', nodeManagerConfigSchema.shape, shared),
    ...section('Agent', agentConfigSchema.shape, shared),
    ...section('Gateway', gatewayConfigSchema.shape, shared),
    ...section('Rescaler', rescalerConfigSchema.shape, shared),
    ...section('The `slipway` command', cliConfigSchema.shape),
    'Each command needs only some of these, and names the ones that it lacks.',
    '## Compose files',
    COMPOSE,
    '## One-machine set-up',
    SET_UP,
  ]);
