import { describe, expect, it } from 'vitest';
import { serviceConfigSchema } from '#libs/contracts';
import { detect } from './detect.js';
import { treeOf } from './source-tree.js';

const utf16 = (text: string): Buffer => Buffer.from(`\uFEFF${text}`, 'utf16le');
const utf8 = (text: string): Buffer => Buffer.from(`\uFEFF${text}`);

function refusalOf(files: Parameters<typeof treeOf>[0], command?: string): unknown {
  const config = serviceConfigSchema.parse({ port: 8000, ...(command !== undefined && { command }) });
  try {
    return detect(treeOf(files), config).kind;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a text of Windows', () => {
  const START = JSON.stringify({ scripts: { start: 'node a.js' } });
  const APP = 'from flask import Flask\r\napp = Flask(__name__)\r\n';
  it.each([
    ['requirements.txt in UTF-16', { 'requirements.txt': utf16('flask\r\n'), 'app.py': APP }],
    ['requirements.txt with a byte order mark', { 'requirements.txt': utf8('flask\r\n'), 'app.py': APP }],
    ['package.json with a byte order mark', { 'package.json': utf8(START), 'a.js': '' }],
    ['Procfile in UTF-16', { 'requirements.txt': '', Procfile: utf16('web: gunicorn a:b\r\n') }],
    [
      'a script that Python reads',
      { 'requirements.txt': '', 'main.py': '#!/usr/bin/python3\r\nprint(1)\r\n' },
    ],
  ])('is read: %s', (_, files) => {
    expect(refusalOf(files)).toBe('steps');
  });

  it.each([
    [
      { 'package.json': utf16(START) },
      'config.json: install: package.json is written in UTF-16, which npm cannot read',
    ],
    [
      { 'pyproject.toml': utf8('[project]\nname = "x"\n'), 'app.py': APP },
      'config.json: install: pyproject.toml begins with a byte order mark, which pip cannot read',
    ],
    [
      { 'requirements.txt': '', 'boot.sh': '#!/bin/sh\r\nexec python3 -m http.server\r\n' },
      'config.json: command: boot.sh ends its lines as Windows does, and a shell takes the carriage return for a part of the last word',
    ],
  ])('is refused before its tool meets it: %#', (files, message) => {
    expect(refusalOf(files)).toBe(message);
  });

  it('is refused where the kernel would look for an interpreter with a carriage return in its name', () => {
    const files = { 'requirements.txt': '', 'serve.py': '#!/usr/bin/env python3\r\nprint(1)\r\n' };
    expect(refusalOf(files, './serve.py')).toContain(
      'command: serve.py ends its lines as Windows does, and the kernel',
    );
    expect(refusalOf(files, 'python3 serve.py')).toBe('steps');
  });
});
