import { describe, expect, it } from 'vitest';
import { baseImageOf } from './base-image.js';

const byRuntime = {
  python: 'python:3.12-slim',
  'python:3.11': 'registry:5000/python:3.11.4-slim-bookworm',
  'python:3.13': 'own/py313:7',
  'python:edge': 'own/python:edge',
  node: 'node:24-slim',
  'node:22': 'node:22.11-slim',
};
const images = { byRuntime, legacy: {} };
const python = (text?: string, scheme?: 'exact' | 'pep440', by = 'requires-python of pyproject.toml') =>
  baseImageOf({ runtime: 'python', ...(text !== undefined && { version: { text, scheme, by } }) }, images);

describe('the base image', () => {
  it("is the runtime's own without a version", () => {
    expect(python()).toBe('python:3.12-slim');
  });

  it('is the newest whose version fits a range', () => {
    expect(python('>=3.10,<4', 'pep440')).toBe('own/py313:7');
    expect(python('>=3.10,<3.13', 'pep440')).toBe('python:3.12-slim');
    expect(python('~=3.11.2', 'pep440')).toBe('registry:5000/python:3.11.4-slim-bookworm');
  });

  it('is the one that an exact version names, by its key, its tag, or the start of it', () => {
    expect(python('3.13')).toBe('own/py313:7');
    expect(python('3.11')).toBe('registry:5000/python:3.11.4-slim-bookworm');
    expect(python('3.12.8')).toBe('python:3.12-slim');
    expect(python('edge')).toBe('own/python:edge');
  });

  it('judges ranges of semver too', () => {
    const version = { text: '>=20 <24', by: 'engines of package.json', scheme: 'semver' } as const;
    expect(baseImageOf({ runtime: 'node', version }, images)).toBe('node:22.11-slim');
  });

  it('is there for a runtime that is configured in versions only', () => {
    const only = { byRuntime: { 'go:1.23': 'go:1.23', 'go:1.24': 'go:1.24' }, legacy: {} };
    expect(baseImageOf({ runtime: 'go' }, only)).toBe('go:1.24');
  });

  it('of a mistyped runtime says what was meant', () => {
    const of = (runtime: string) => () => baseImageOf({ runtime }, images);
    expect(of('pyhton')).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/^Did you mean python\?/) as string }),
    );
    expect(of('cobol')).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/^Add cobol=IMAGE/) as string }),
    );
  });

  it('read as if "slipway/node:24" were the value of version: the hint has the line', () => {
    const demo = { byRuntime: { node: 'slipway/node:24' }, legacy: {} };
    const version = { text: '18.x', by: 'engines of package.json', scheme: 'semver' } as const;
    expect(() => baseImageOf({ runtime: 'node', version }, demo)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('such as "version": "24"') as string }),
    );
  });

  it('is refused where nothing fits: where the version was written, the field, and what there is', () => {
    expect(() => python('>=3.14', 'pep440')).toThrow(
      'config.json: version: no base image has this version of python (>=3.14, by requires-python of pyproject.toml); ' +
        'available: python (python:3.12-slim), python:3.11 (registry:5000/python:3.11.4-slim-bookworm), ' +
        'python:3.13 (own/py313:7), python:edge (own/python:edge)',
    );
    expect(() => python('3.14', 'exact', 'config.json')).toThrow(
      'no base image has this version of python; available: python (python:3.12-slim)',
    );
  });
});
