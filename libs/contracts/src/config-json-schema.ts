import { z } from 'zod';
import { serviceConfigSchema, type ServiceConfig } from './service-config.js';
import { usersNote } from './service-config.fields.js';
import { legacyConfigSchema } from './service-config.legacy.js';

type JsonSchema = z.core.JSONSchema.BaseSchema;
type Part = 'health' | 'placement' | 'resources' | 'scaling' | 'stop' | 'traffic';
type PartField<P extends Part> = `${P}.${keyof NonNullable<ServiceConfig[P]> & string}`;
type Field = Exclude<keyof ServiceConfig, 'legacy' | 'defaultReplicas'> | { [P in Part]: PartField<P> }[Part];

/** A field without a description does not compile. */
const fieldDescriptions: Record<Field, string> = {
  $schema: 'Where this schema lies, for editors.',
  runtime:
    'What the service is built with: `python`, `node`, `static`, or another name in `BASE_IMAGES` of the deployer; `dockerfile` takes the Dockerfile of the source, `image` an image that is there already. Default: what the files of the source show.',
  version:
    'Version of the runtime, such as 3.13 or 24. Default: what the source asks for, such as `engines` of package.json or `requires-python`; else the configured base image.',
  image:
    'An image that somebody else built, such as `nginx:1.28`. It is pinned to the digest that it has when this source is first deployed; deploying the same source again keeps that digest. For a newer image, name its tag or digest.',
  port: 'The port that the service listens on, inside its container. Without it, the service is a worker: it gets no address, and runs well once it has stayed up for `health.stableMs`.',
  command:
    'What starts the service. Default: what the files of the source show, or what the image starts. A text is split as a shell splits words, with its quotes; no shell reads it.',
  install:
    'What installs its packages. Default: the tool whose lock file or manifest is in the source, such as npm, pnpm, uv or pip. Written as `command` is.',
  build:
    'What builds it, after its packages. Default: what its manifest shows, such as the script `build` of package.json. Written as `command` is.',
  release:
    'Runs once for each release, on a node, before the first instance of it: migrations of a database. If it fails, the deployment fails and what served before goes on. A rollback does not run it. Written as `command` is.',
  dockerfile:
    'The Dockerfile that is built, such as `docker/Dockerfile`; default: `Dockerfile`, else `Containerfile`. Its paths are those of the whole source.',
  target: 'The stage of the Dockerfile that is built; default: its last one.',
  args: 'Build arguments, each declared by `ARG` in the Dockerfile. They stay readable in the image: no place for secrets.',
  output:
    'The folder that is served; default: what the tool of the front end makes, or the one folder with an index.html.',
  fallback:
    'The page for every path without a file, such as index.html, for applications that read the path in the browser. A missing script, style or picture is still answered with 404.',
  headers:
    'Headers of answers, by pattern of the path, where `*` is any text. Of two that set the same header, the last one counts.',
  redirects:
    'Paths that lead elsewhere, each with `from`, `to` and `status` (301, 302, 307 or 308; default 301). With `/*` at the end of both, the rest of the path is kept. The first one that fits counts.',
  env: 'Environment variables of the service. `build` sees them too; the build of a Dockerfile does not.',
  secrets:
    'Environment variables whose values are secrets of the application: the variable, and the name that `slipway secret set` stored the value under.',
  buildSecrets:
    'Secrets that only the build gets: by variable, the name that `slipway secret set` stored the value under. Steps of Slipway find it in the environment; a Dockerfile mounts it with `RUN --mount=type=secret,id=VARIABLE`. It is in no layer of the image.',
  health: 'How to tell that the service is well.',
  'health.path':
    'Asked for at the port of the service. Without it and without `health.command`, the port is asked by TCP; a worker has none.',
  'health.headers': 'Headers of that request. `Host` is `localhost` if it is not set.',
  'health.scheme':
    'What the service speaks at its port: `http` (default) or `https`. The certificate is not verified, because the service is asked at the address of its node.',
  'health.statuses': 'Status codes that are good; default: 2xx and 3xx. A redirect is not followed.',
  'health.command':
    'A program that is run inside the container, also of a worker: it is well when that ends with 0. Beside a path, both must be good. Written as `command` is.',
  'health.timeoutMs': 'Milliseconds that one answer, one TCP connection, or one run of the command may take.',
  'health.startupMs': 'Milliseconds from its start until its first good answer.',
  'health.stableMs':
    'Milliseconds that each instance must stay well, and up, before it counts as running. If it is not set, `DEPLOYER_STABLE_MS` counts; where the port is asked by TCP and the image has no `cat`, at least 5000.',
  resources: 'Limits and reservations alike, for each instance.',
  'resources.cpu': 'Cores; 0.5 is half a core.',
  'resources.memoryMiB': 'Memory in MiB.',
  replicas: 'How many instances run. With `scaling`, how many are wanted at first.',
  scaling:
    'How many instances there are by load, and what limits they have. Without it, as many as `replicas` says. What `slipway scaling` or the API set stays until this object changes.',
  'scaling.min': 'The fewest instances; default: 1. With 0, none runs while no request comes.',
  'scaling.max': 'The most instances. Only with `vertical` alone it may be left out.',
  'scaling.targets':
    'What it scales by; of several, the highest count wins. With `min` 0, or with `windows`, it may be empty.',
  'scaling.windows':
    'Times with a `min` and a `max` of their own. Of several that are open, the highest ones count.',
  'scaling.out':
    'How instances are added. Default: 4 or 100 % at once, the larger of both, with a tolerance of 10 %.',
  'scaling.in':
    'How instances are taken away. Default: one or 10 % each 30 s, once the figures have asked for it for 60 s.',
  'scaling.panic':
    'When a rise is so steep that nothing holds it back. Default: twice what the instances can take, over 6 s.',
  'scaling.idleMs':
    'With `min` 0: milliseconds without a request after which no instance is wanted; default: 300000.',
  'scaling.prediction':
    'Whether instances are added ahead of what the seasons of the load lead to expect: `off` (default), `advise`, which only says so, or `on`.',
  'scaling.vertical':
    'How the limits of each instance follow what it uses. With it alone, `replicas` says how many run.',
  maxUnavailable:
    'How many of the wanted instances may be missing while a node is drained. Up to so many, a drain stops an instance that can run nowhere else: its volumes lie there, or no other node has room. Without it, the drain waits.',
  stop: 'How an instance is stopped.',
  'stop.signal': 'The signal it is sent first.',
  'stop.graceMs': 'Milliseconds until it is killed.',
  'stop.drainMs':
    'Milliseconds between the moment it gets no more traffic and the signal. Shorter where gateways say that they have let go of it. If it is not set, `DEPLOYER_DRAIN_MS` counts.',
  placement:
    'On which nodes its instances may run; all that is said must hold. Default: on any that has room.',
  'placement.constraints':
    'What holds of the node: `key=value` or `key!=value` of its labels or of its `zone`, such as `disk=ssd`. A node without the key fulfils `key!=value`.',
  'placement.affinity':
    'Services of the application: on a node that runs each of them. One that runs nowhere yet does not count.',
  'placement.antiAffinity':
    'Services of the application: on a node that runs none of them. With its own name, a node takes one instance of the service at most.',
  'placement.rebalance':
    '`false`: its instances are never moved to balance the load of nodes. If it is not set, they may be, where `LOAD_BALANCER_REBALANCING` says so.',
  'placement.waitMs':
    'Milliseconds that an instance may wait for room before its request fails with `NO_NODE`; 0: not at all. If it is not set, `DEPLOYER_PLACE_WAIT_MS` counts.',
  'placement.preempt':
    '`true`: while an instance waits for room, instances of services whose priority is lower by 10 or more may be stopped for it. This needs `LOAD_BALANCER_PREEMPT=on` as well, and a `waitMs` other than 0.',
  priority:
    'Who gets room first of those that wait for it: -100 to 100, the higher ones first; default: 0. Nothing that runs is stopped for it, except with `placement.preempt`.',
  user: 'Who runs the service, as its image knows it, such as 1000, 1000:1000 or app. Default: a user of its own, `slipway` (10001). An image of a Dockerfile, or of somebody else, has its own user, which is root where it names none.',
  workdir:
    'The folder inside its container that the service is started in. Default: the folder of its source, or the one that the Dockerfile names.',
  tmpfs:
    'Folders that lie in memory: writable by every user, empty at each start, and part of `resources.memoryMiB`.',
  volumes:
    'Folders whose content outlives the instance, each with `name` and `path`. They lie on one node, so one instance uses them; it is stopped before another one starts.',
  readOnly:
    '`true`: the service can write into `tmpfs`, and into /tmp, which then lies in memory too; nowhere else.',
  routes:
    'Where clients reach the service at the gateway, beside its own address. A host belongs to one application: what another one has is refused with `ROUTE_TAKEN`. What `slipway routes` or the API set stays until this list changes.',
  traffic: 'How the gateway treats its requests.',
  'traffic.balance':
    'How requests are shared out: `least` (default), to the instance with the fewest in flight; `weighted`, in turn by weights; `sticky`, a client stays with its instance, by a cookie.',
  'traffic.protocol':
    'What the instances speak: `http1` (default), or `h2` for HTTP/2 without TLS, as gRPC servers do.',
  'traffic.cache':
    '`true`: the gateway keeps answers whose `Cache-Control` allows it. If it is not set, `GATEWAY_CACHE` counts.',
  'traffic.requestsPerSecond':
    'How many requests a second one client may send to the service, on average over ten seconds; others are answered with 429.',
  'traffic.bodyBytes':
    'How large the body of a request may be; a larger one is answered with 413. If it is not set, `GATEWAY_BODY_BYTES` counts.',
  'traffic.mostInFlight':
    'How many requests one instance gets at once; further ones wait. 0 is without a bound. If it is not set, `GATEWAY_MOST_IN_FLIGHT` counts.',
  'traffic.mostQueued':
    'How many requests wait for an instance; further ones are answered with 503. If it is not set, `GATEWAY_MOST_QUEUED` counts.',
  'traffic.queueMs':
    'Milliseconds that a request waits for an instance before it is answered with 503. If it is not set, `GATEWAY_QUEUE_MS` counts.',
  'traffic.slowStartMs':
    'Milliseconds until a new instance gets its whole share beside others. If it is not set, `GATEWAY_SLOW_START_MS` counts.',
  observe:
    'What the agent reads of the instances beside the usual. With `cpuPeaks`: how many cores each used in the busiest 100 ms of a second. This costs its node more.',
  init: '`false`: the service is process 1 of its container, as images with an init of their own need (s6-overlay, systemd). By default a small init is process 1; it reaps zombies and passes signals on.',
};

const fieldDescriptionsWithUsers = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(fieldDescriptions).map(([field, text]) => [
      field,
      [text, usersNote(field)].filter(Boolean).join(' '),
    ]),
  );

const legacyFieldDescriptions: Record<keyof z.input<typeof legacyConfigSchema>, string> = {
  language: 'The base image, such as python:3.10-alpine.',
  workdir: 'The folder of the service inside its image.',
  port: 'The port that the service listens on, as a string.',
  command: 'What starts the service; split as a shell splits words, no shell reads it.',
  packages_file_path: 'The file that lists its packages.',
  package_installation_cmd: 'What installs its packages; may be empty. Written as `command` is.',
};

/** JSON Schema of a service's config.json, in both forms, told apart as the parser does. */
export function configJsonSchema() {
  // Nobody writes these two: they are what a file was read as.
  const current = inputSchema(serviceConfigSchema.omit({ legacy: true, defaultReplicas: true }));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'config.json of a Slipway service',
    description:
      "Stands at the root of the service's archive. A file with `language` and no `runtime` is of the older form.",
    if: { type: 'object', required: ['language'], not: { required: ['runtime'] } },
    then: { title: 'The older form', ...described(inputSchema(legacyConfigSchema), legacyFieldDescriptions) },
    else: { title: 'The current form', ...described(current, fieldDescriptionsWithUsers()) },
  };
}

/** What is written into the file, before defaults and transforms. */
function inputSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}

function described(
  schema: JsonSchema,
  descriptions: Readonly<Record<string, string>>,
  prefix = '',
): JsonSchema {
  if (schema.properties === undefined) return schema;
  const properties = Object.entries(schema.properties).map(([name, property]) => {
    if (typeof property === 'boolean') return [name, property];
    const path = `${prefix}${name}`;
    const { description, ...inner } = described(property, descriptions, `${path}.`);
    // What a schema says of itself is meant for all messages that have it: the file's own words win.
    return [name, { description: descriptions[path] ?? description, ...inner }];
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}
