import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { asyncApiDocument } from './asyncapi.js';
import { catalogue } from './catalogue.js';
import { configJsonSchema } from './config-json-schema.js';
import { parseServiceConfig } from './service-config.js';
import { allTopics } from './topics.js';

const root = new URL('../../../', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8');
/** Times carry a pattern beside their format, so formats need no checker of their own. */
const ajv = new Ajv2020({ validateFormats: false });
const document = asyncApiDocument();

/** As JSON holds it: without what is undefined. */
const written = (value: object): unknown => JSON.parse(JSON.stringify(value));

describe('the AsyncAPI document', () => {
  it('is valid AsyncAPI', async () => {
    const { document: parsed, diagnostics } = await new Parser().parse(JSON.stringify(document));
    expect(diagnostics.filter((d) => Number(d.severity) === 0)).toEqual([]);
    expect(parsed?.version()).toBe('3.0.0');
  });

  it('has a channel for every topic and dead-letter topic, and for nothing else', () => {
    expect(Object.keys(document.channels).sort()).toEqual([...allTopics].sort());
  });

  it.each(catalogue.map((m) => [m.type, m] as const))('%s is in it, on its topic', (type, message) => {
    expect(written(document.components.messages)).toHaveProperty([type, 'name'], type);
    expect(document.channels[message.topic]?.messages).toHaveProperty([type]);
  });

  it.each(catalogue.map((m) => [m.type, m] as const))('%s: its example fits its schema', (type) => {
    const { payload, examples } = describedMessage(type);
    const validate = ajv.compile(payload);
    expect(validate(examples[0]?.payload), ajv.errorsText(validate.errors)).toBe(true);
    expect(validate({})).toBe(false);
  });

  it.each([
    ['slipway.deployment.requested.v1', '`appId` of the body.'],
    ['slipway.deployment.replied.v1', '`token` of the body.'],
  ])('%s names its key', (type, description) => {
    expect(describedMessage(type).bindings.kafka.key.description).toBe(description);
  });
});

function describedMessage(type: string) {
  const message = document.components.messages[type];
  if (message === undefined || !('payload' in message)) throw new Error(`${type} is not described`);
  return message;
}

const legacy = {
  language: 'python:3.10-alpine',
  workdir: '/app',
  port: '8000',
  command: 'python app.py',
  packages_file_path: '',
  package_installation_cmd: '',
};

describe('the schema of config.json', () => {
  const validate = ajv.compile(configJsonSchema());

  it.each(['app-server', 'prices', 'site'])('takes the config.json of the example %s', (service) => {
    const config: unknown = JSON.parse(read(`examples/shop/${service}/config.json`));
    expect(validate(config), ajv.errorsText(validate.errors)).toBe(true);
  });

  it.each([
    ['the older form', legacy],
    ['a command as a string', { runtime: 'node', port: 1, command: 'node server.js' }],
  ])('takes %s, as the parser does', (_what, config) => {
    expect(validate(config), ajv.errorsText(validate.errors)).toBe(true);
    expect(() => parseServiceConfig(JSON.stringify(config))).not.toThrow();
  });

  it.each([
    ['a field that does not exist', { runtime: 'node', port: 1, prot: 1 }],
    ['a field out of range', { runtime: 'node', port: 70_000 }],
    ['a field missing', { ...legacy, port: undefined }],
    ['a nested field that does not exist', { runtime: 'node', port: 1, resources: { memory: 5 } }],
    ['a relative workdir of the older form', { ...legacy, workdir: 'app' }],
    ['a list', []],
  ])('refuses %s, as the parser does', (_what, config) => {
    expect(validate(config)).toBe(false);
    expect(() => parseServiceConfig(JSON.stringify(config))).toThrow();
  });

  it('describes every field', () => {
    const { then: older, else: current } = configJsonSchema();
    for (const property of Object.values({ ...older.properties, ...current.properties })) {
      expect(property).toHaveProperty('description', expect.stringMatching(/\.$/));
    }
  });
});
