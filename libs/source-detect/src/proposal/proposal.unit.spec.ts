import { describe, expect, it } from 'vitest';
import { treeOf } from '../source-tree.js';
import { type Given, propose } from './proposal.js';

const of = (files: Readonly<Record<string, string>>, given: Given = {}) => propose(treeOf(files), given);

describe('what a config.json would say', () => {
  it('of a service of Python with a health route', () => {
    const app =
      'from flask import Flask\napp = Flask(__name__)\n\n@app.route("/healthz")\ndef well(): return "ok"\n';
    const files = { 'requirements.txt': 'flask\ngunicorn\n', 'app.py': app };
    expect(of(files, { command: ['gunicorn', '-b', '0.0.0.0:8003', 'app:app'] })).toMatchObject({
      runtime: { value: 'python', by: 'requirements.txt' },
      port: { value: 8003, by: 'its command' },
      command: { value: ['gunicorn', '-b', '0.0.0.0:8003', 'app:app'], by: 'the command line' },
      health: { value: '/healthz', by: 'app.py, line 4' },
    });
  });

  it('of a service of Node.js without a port: the usual one, which it gets as PORT', () => {
    const files = { 'package.json': '{}', 'server.js': "app.get('/', home);\napp.listen(process.env.PORT);" };
    const { runtime, port, health } = of(files, { command: ['node', 'server.js'] });
    expect(runtime).toEqual({ value: 'node', by: 'package.json' });
    expect(port).toEqual({ value: 8080 });
    expect(health).toBeUndefined();
  });

  it('of a Dockerfile: its port, and no command', () => {
    expect(of({ Dockerfile: 'FROM x\nEXPOSE 3005\n' })).toMatchObject({
      runtime: { value: 'dockerfile', by: 'Dockerfile' },
      port: { value: 3005, by: 'EXPOSE of Dockerfile' },
      command: undefined,
    });
  });

  it('of a site: its first page says that it is well', () => {
    expect(of({ 'index.html': '<!doctype html>' })).toMatchObject({
      runtime: { value: 'static', by: 'index.html' },
      port: { value: 8080 },
      command: undefined,
      health: { value: '/' },
    });
  });

  it('what is given wins', () => {
    const files = { 'package.json': '{}', 'server.js': 'x.listen(3000)', 'index.html': '' };
    expect(of(files, { runtime: 'static', port: 4000 })).toMatchObject({
      runtime: { value: 'static', by: 'the command line' },
      port: { value: 4000, by: 'the command line' },
    });
  });
});

it('of what nobody can tell there is none, and the field that would settle it is named', () => {
  const refusal = { code: 'SOURCE_UNCLEAR', field: 'runtime' };
  expect(() => of({ 'notes.txt': 'x' })).toThrow(expect.objectContaining(refusal));
});

it.each([
  "router.get('/health', well)",
  "await fetch(url + '/health')",
  "// app.get('/health', well)",
  "app.get('/healthy-food', food)",
])('a route that the service may not have makes no health path: %s', (text) => {
  const files = { 'package.json': '{}', 'server.js': text };
  expect(of(files, { command: ['node', 'server.js'] }).health).toBeUndefined();
});

it('a command of a server that detection adds is not written down: without detection nobody would install it', () => {
  const app = 'from flask import Flask\napp = Flask(__name__)\n';
  const { runtime, command, starts } = of({ 'requirements.txt': 'flask\n', 'app.py': app });
  expect(runtime?.value).toBe('python');
  expect(command).toBeUndefined();
  expect(starts).toEqual(['gunicorn', '--bind', '0.0.0.0:8080', 'app:app']);
});

it('what starts a service is known by the kind of its finding, not by its words', () => {
  const files = { 'package.json': JSON.stringify({ scripts: { start: 'node app.js' } }), 'app.js': '' };
  const { command, found } = of(files);
  expect(command).toEqual({ value: ['node', 'app.js'], by: 'start of package.json' });
  expect(found.filter(({ kind }) => kind === 'command')).toHaveLength(1);
});

describe('a bot got the usual port, and never became healthy', () => {
  const BOT = 'import discord\nclient = discord.Client()\nclient.run("token")\n';
  const JS_BOT = "const { Client } = require('discord.js');\nnew Client({}).login();\n";
  it.each([
    { 'requirements.txt': 'discord.py\n', 'bot.py': BOT },
    { 'requirements.txt': 'celery\n', 'tasks.py': 'from celery import Celery\napp = Celery("a")\n' },
    { 'package.json': '{"main":"index.js"}', 'index.js': JS_BOT },
    { 'package.json': '{"main":"bot.js"}', 'bot.js': 'setInterval(() => console.log("tick"), 1000);\n' },
    { 'main.py': 'import time\nwhile True:\n    print("tick")\n    time.sleep(1)\n' },
  ] as readonly Readonly<Record<string, string>>[])('%#: it is proposed without one', (files) => {
    expect(of(files).port).toBeUndefined();
  });

  it.each([
    { 'package.json': '{"main":"a.js"}', 'a.js': 'setInterval(clean, 9);\nrequire("./web").listen(3000);\n' },
    { 'main.py': 'import socket\nwhile True:\n    handle(socket.accept())\n' },
    { 'package.json': '{"main":"a.js"}', 'a.js': 'require("own-framework")();\n' },
  ] as readonly Readonly<Record<string, string>>[])('%#: what may listen has a port', (files) => {
    expect(of(files).port).toBeDefined();
  });

  it('one that serves a page besides has a port', () => {
    const web = 'from flask import Flask\napp = Flask(__name__)\n';
    const files = { 'requirements.txt': 'discord.py\nflask\n', 'bot.py': BOT, 'app.py': web };
    expect(of(files).port).toEqual({ value: 8080 });
  });
});
