import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { appImages } from '../../scripts/containers/apps.js';
import {
  cloudNativePgDefinitions,
  type KubernetesTools,
  kubernetesTools,
  strimziForm,
} from './kubernetes-tools.js';

const CHART = 'k8s/chart';
const EXAMPLE = 'k8s/examples/values.yaml';
/** The newest of the schemas, and the two before it. */
const VERSIONS = ['1.35.0', '1.36.0', '1.37.0'];
/** What is there only where it is asked for. */
const EVERYTHING = {
  image: { tag: '1.2.3', pullSecrets: [{ name: 'hub' }] },
  settings: { BUILDER_CACHE_MAX_BYTES: 20_000_000_000, RELEASE_RETENTION_DAYS: 0.5, OTEL_SDK_DISABLED: true },
  serviceAccount: { annotations: { 'azure.workload.identity/client-id': 'id' } },
  podLabels: { 'azure.workload.identity/use': 'true' },
  nodeSelector: { pool: 'control' },
  tolerations: [{ key: 'control', operator: 'Exists' }],
  networkPolicy: {
    clients: [{ namespaceSelector: { matchLabels: { team: 'platform' } } }],
    egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }],
  },
};

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, never>>;
}

let tools: KubernetesTools;
const folder = mkdtempSync(join(tmpdir(), 'slipway-chart-'));
const everything = join(folder, 'values.yaml');

beforeAll(async () => {
  tools = await kubernetesTools();
  writeFileSync(everything, JSON.stringify(EVERYTHING));
}, 900_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const render = (version: string, ...args: readonly string[]): Promise<string> =>
  tools.helm('template', 'slipway', CHART, '--kube-version', version, '--values', EXAMPLE, ...args);

const resources = (text: string): readonly Resource[] =>
  parseAllDocuments(text).flatMap((document) => (document.toJS() as Resource | null) ?? []);

describe.each(VERSIONS)('on Kubernetes %s', (version) => {
  it.each([
    ['the example', []],
    ['every value', ['--values', everything]],
  ])('%s fits its schemas', async (_name, args) => {
    const file = join(folder, `${version}.yaml`);
    writeFileSync(file, await render(version, ...args));
    const said = await tools.validate(version, file);
    expect(said.match(/ passed /g)).toHaveLength(4 * appImages.length + 1);
  });

  it.each(['database-roles', 'command'])('the example %s fits its schemas', async (name) => {
    expect(await tools.validate(version, `k8s/examples/${name}.yaml`)).toContain(' passed ');
  });
});

it('a wrong resource is seen: the schemas are strict', async () => {
  const file = join(folder, 'wrong.yaml');
  writeFileSync(file, (await render('1.37.0')).replace('maxUnavailable: 1', 'maxUnavailible: 1'));
  await expect(tools.validate('1.37.0', file)).rejects.toThrow();
});

it('each app has what keeps it up: probes, budget, anti-affinity, resources, policy', async () => {
  const all = resources(await render('1.37.0'));
  for (const { name } of appImages) {
    const own = all.filter(({ metadata }) => metadata.name === `slipway-${name}`);
    expect(own.map(({ kind }) => kind).toSorted()).toEqual([
      ...['Deployment', 'NetworkPolicy', 'PodDisruptionBudget', 'Service'],
    ]);
    expect(own.find(({ kind }) => kind === 'Deployment')?.spec).toMatchObject({
      template: {
        spec: {
          securityContext: { runAsNonRoot: true, runAsUser: 10_001 },
          affinity: { podAntiAffinity: expect.anything() as unknown },
          containers: [
            {
              startupProbe: { httpGet: { path: '/ready' }, timeoutSeconds: 5 },
              readinessProbe: { httpGet: { path: '/ready' }, timeoutSeconds: 5 },
              livenessProbe: { httpGet: { path: '/health' }, timeoutSeconds: 5 },
              resources: { requests: { memory: '256Mi' } },
              securityContext: { readOnlyRootFilesystem: true },
            },
          ],
        },
      },
    });
  }
  expect(all.map(({ kind }) => kind)).not.toContain('HorizontalPodAutoscaler');
});

it('an app gets only the keys that it reads', async () => {
  const text = await render('1.37.0');
  const keysOf = (app: string): string =>
    JSON.stringify(
      resources(text).find(
        ({ kind, metadata }) => kind === 'Deployment' && metadata.name === `slipway-${app}`,
      ),
    );
  expect(keysOf('load-balancer')).toContain('SLIPWAY_NODE_KEY');
  expect(keysOf('load-balancer')).not.toContain('SLIPWAY_APP_SECRET_KEY');
  expect(keysOf('deployer')).not.toContain('SLIPWAY_NODE_KEY');
});

it('a large number was written as 2e+10: settings are what the values say', async () => {
  const text = await render('1.37.0', '--values', everything);
  expect(text).toContain('value: "20000000000"');
  expect(text).toContain('value: "0.5"');
});

it('a name that is no variable, and one that belongs into the Secret, are refused', async () => {
  for (const name of ['KAFKA_BROKER', 'REGISTRY_PASSWORD'])
    await expect(render('1.37.0', '--set', `settings.${name}=x`)).rejects.toThrow(name);
});

it('Kafka of the examples took connections of every pod: it takes those of the chart and of the command', async () => {
  const labels = peersOf(readFileSync('k8s/examples/kafka.yaml', 'utf8'));
  expect(Object.keys(labels)).not.toEqual([]);
  const deployments = resources(await render('1.37.0')).filter(({ kind }) => kind === 'Deployment');
  expect(deployments).toHaveLength(appImages.length);
  for (const { spec } of deployments) expect(spec).toMatchObject({ template: { metadata: { labels } } });
  const [pod] = resources(readFileSync('k8s/examples/command.yaml', 'utf8'));
  expect(pod).toMatchObject({ kind: 'Pod', metadata: { labels } });
});

it('Postgres of the examples fits the definition of CloudNativePG', async () => {
  const definition = parse(
    readFileSync(join(await cloudNativePgDefinitions(), 'postgresql.cnpg.io_clusters.yaml'), 'utf8'),
  ) as { spec: { versions: { name: string; schema: { openAPIV3Schema: object } }[] } };
  const schema = definition.spec.versions.find(({ name }) => name === 'v1')?.schema.openAPIV3Schema ?? {};
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  const validate = ajv.compile(closed(schema) as object);
  const [cluster] = resources(readFileSync('k8s/examples/postgres.yaml', 'utf8'));
  expect(validate(cluster) || validate.errors).toBe(true);
  expect(validate({ ...cluster, spec: { ...cluster?.spec, instanses: 3 } })).toBe(false);
});

it('Kafka of the examples fits the model of Strimzi, which ignores settings of a broker that are its own', async () => {
  const example = 'k8s/examples/kafka.yaml';
  expect(await strimziForm(example)).toBe('2 resources, 0 unknown fields');
  const own = join(folder, 'own.yaml');
  writeFileSync(own, readFileSync(example, 'utf8').replace('auto.create.topics.enable:', 'log.dirs:'));
  expect(await strimziForm(own)).toContain('Kafka.spec.kafka.config.log.dirs');
  const wrong = join(folder, 'kafka.yaml');
  writeFileSync(wrong, readFileSync(example, 'utf8').replace('kraftMetadata', 'metadata'));
  expect(await strimziForm(wrong)).toContain('KafkaNodePool.spec.storage.volumes[].metadata');
});

/** Refuses properties that a definition does not name. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  const isOpen = 'x-kubernetes-preserve-unknown-fields' in schema || 'additionalProperties' in schema;
  const isNested = 'properties' in schema && Object.keys(schema.properties as object).length > 0;
  return isNested && !isOpen && 'type' in schema && schema.type === 'object'
    ? { ...inner, additionalProperties: false }
    : inner;
}

/** The labels of the pods that may connect to the listener of Kafka. */
function peersOf(text: string): object {
  const kafka = parseAllDocuments(text).at(-1)?.toJS() as {
    spec: {
      kafka: { listeners: { networkPolicyPeers: { podSelector: { matchLabels: object } }[] }[] };
    };
  };
  return kafka.spec.kafka.listeners[0]?.networkPolicyPeers[0]?.podSelector.matchLabels ?? {};
}
