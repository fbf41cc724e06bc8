import { expect, it } from 'vitest';
import { notServiceConfig } from './service-config.kind.js';

const legacy = { language: 'python:3.10-alpine', workdir: '/app', port: '8000', command: 'python app.py' };

it.each<[string, string]>([
  ['ours', '{"runtime": "node", "port": 1}'],
  ['ours with a runtime that there is not', '{"runtime": "ruby"}'],
  ['ours that lacks its runtime', '{"port": 1, "command": "node a.js"}'],
  ['ours with a comma too many', '{"runtime": "node", "port": 1,}'],
  ['ours with a field twice', '{"runtime": "node", "port": 1, "port": 2}'],
  ['the older form', JSON.stringify(legacy)],
  ['the older form, cut off', JSON.stringify(legacy).slice(0, -1)],
])('%s is the config.json of a service', (_what, text) => {
  expect(notServiceConfig(text)).toBeUndefined();
});

const password = 'hunter2';
it.each<[string, string]>([
  ["Sequelize's", JSON.stringify({ development: { username: 'root', password }, production: {} })],
  ["an application's own", JSON.stringify({ port: 3000, env: 'production', version: '1', token: password })],
  ["an application's with a language", JSON.stringify({ language: 'en', port: 3000, password })],
  ['one whose runtime is an object', JSON.stringify({ runtime: { chunks: password } })],
  ['an empty one', '{}'],
  ['a list', '[]'],
  ['one with comments', `{ // ${password}\n "development": {} }`],
  ['none at all', ''],
])('%s was taken for a service: it is none, and no value is said', (_what, text) => {
  const why = notServiceConfig(text);
  expect(why).toMatch(/^its config\.json .* runtime/);
  expect(why).not.toContain(password);
});
