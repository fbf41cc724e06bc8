import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { findingsText } from '../build-plan.js';
import { detect } from '../detect.js';
import { treeOf } from '../source-tree.js';
import { foundFallback } from './found-fallback.js';
import { propose } from './proposal.js';

type Files = Readonly<Record<string, string>>;

const site = { 'index.html': '' };
const built = (dependencies: object, files: Files = {}): Files => ({
  'package.json': JSON.stringify({
    scripts: { build: 'vite build' },
    devDependencies: { vite: '7' },
    dependencies,
  }),
  ...files,
});

describe('every path but the first of a single-page app was a 404', () => {
  it.each<readonly [string, Files]>([
    ['_redirects', { ...site, _redirects: '/api/* https://x/:splat 200\n/*   /index.html   200\n' }],
    ['public/_redirects', built({}, { 'public/_redirects': '/* / 200\r\n' })],
    [
      'netlify.toml',
      { ...site, 'netlify.toml': '[[redirects]]\n  from = "/*"\n  to = "/index.html"\n  status = 200\n' },
    ],
    [
      'vercel.json',
      { ...site, 'vercel.json': '{"rewrites":[{"source":"/(.*)","destination":"/index.html"}]}' },
    ],
    [
      'vercel.json',
      { ...site, 'vercel.json': '{"rewrites":[{"source":"/((?!api/).*)","destination":"/"}]}' },
    ],
    [
      'firebase.json',
      { ...site, 'firebase.json': '{"hosting":{"rewrites":[{"source":"**","destination":"/index.html"}]}}' },
    ],
    ['react-router-dom in package.json', built({ 'react-router-dom': '7' })],
    ['vue-router in package.json', built({ 'vue-router': '4' })],
  ])('by %s init proposes its fallback', (by, files) => {
    expect(foundFallback(treeOf(files))).toEqual({ value: 'index.html', by });
    expect(propose(treeOf(files)).fallback).toEqual({ value: 'index.html', by });
  });

  it.each<readonly [string, Files]>([
    ['redirects of other paths', { ...site, _redirects: '/old/* /new/:splat 301\n' }],
    ['a front end without a router', built({ react: '19' })],
    [
      'a router in a site of many pages',
      {
        'package.json': '{"scripts":{"build":"astro build"},"dependencies":{"astro":"5","react-router":"7"}}',
      },
    ],
  ])('not by %s', (_, files) => {
    expect(foundFallback(treeOf(files))).toBeUndefined();
  });

  it('what is proposed is not told as unread', () => {
    const { found } = propose(treeOf({ ...site, _redirects: '/* /index.html 200\n' }));
    expect(findingsText(found)).toBe('static, by index.html');
  });

  it('a service that is no site has none', () => {
    const files = { 'package.json': '{"scripts":{"start":"node ."}}', 'public/_redirects': '/* / 200\n' };
    expect(propose(treeOf(files)).fallback).toBeUndefined();
  });
});

describe('rules for another host', () => {
  const said = (config: object, files: Files): string =>
    findingsText(detect(treeOf(files), parseServiceConfig(JSON.stringify({ port: 80, ...config }))).found);

  it('were passed over without a word', () => {
    expect(said({}, { ...site, 'vercel.json': '{}', _headers: '' })).toBe(
      'static, by index.html; _headers, vercel.json are not read: fallback, redirects and headers of config.json say it',
    );
  });

  it('are not told where config.json has some', () => {
    expect(said({ fallback: 'index.html' }, { ...site, _redirects: '' })).toBe('static, by index.html');
  });
});
