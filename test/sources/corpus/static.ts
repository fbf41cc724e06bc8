import type { CorpusProject } from './corpus.js';

/** Sites of files, as they are or built. */
export const staticProjects: readonly CorpusProject[] = [
  {
    name: 'static-pages',
    convention: 'GitHub Pages: /about is about.html',
    ends: { runs: 'answers', path: '/about', says: 'Nine beds, one well.' },
  },
  {
    name: 'static-not-found',
    convention: 'GitHub Pages: 404.html',
    ends: { runs: 'answers', path: '/nothing', status: 404, says: 'Out with the tide.' },
  },
  {
    name: 'static-public',
    convention: 'Firebase Hosting: pages in public/; RFC 9116: security.txt',
    ends: { runs: 'answers', path: '/.well-known/security.txt', says: 'Contact: mailto:' },
  },
  {
    name: 'static-spa',
    convention: 'the rewrites of a single-page app at Netlify and Vercel',
    ends: { runs: 'answers', path: '/shelf/3', says: 'Pantry loads here.' },
    afterInit: { runs: 'answers', path: '/shelf/3', status: 404, says: '404 Not Found' },
    isShort: true,
  },
  {
    name: 'static-netlify',
    convention: 'one page for every path, by _redirects of Netlify',
    ends: { runs: 'answers', path: '/berth/3', says: 'one page for every berth' },
  },
  {
    name: 'static-redirects',
    convention: 'the redirects with a splat of Netlify',
    ends: { runs: 'answers', path: '/blog/2024', status: 301, says: 'Moved' },
    afterInit: { runs: 'answers', path: '/blog/2024', status: 404, says: '404 Not Found' },
  },
  {
    name: 'static-vite',
    convention: 'npm create vite, template vanilla',
    ends: { runs: 'answers', path: '/', says: '/assets/index-' },
    isShort: true,
  },
  {
    name: 'static-mkdocs',
    convention: 'mkdocs new',
    ends: { runs: 'answers', path: '/swarms/', says: 'A swarm looks for a home.' },
  },
  {
    name: 'static-script',
    convention: 'a site that a script of a shell writes',
    ends: { runs: 'answers', path: '/', says: '<p>Plum cake</p>' },
    afterInit: {
      refused: 'SOURCE_UNCLEAR',
      says: 'runtime: no file at the root shows what the source is written in',
    },
  },
  {
    name: 'static-no-page',
    convention: 'a folder of styles, with its page two folders down',
    ends: { refused: 'SOURCE_UNCLEAR', says: 'output: the root of the source holds no index.html' },
    afterInit: {
      refused: 'SOURCE_UNCLEAR',
      says: 'runtime: no file at the root shows what the source is written in',
    },
  },
  {
    name: 'static-unknown-output',
    convention: 'a build script of its own, into a folder of any name',
    ends: { refused: 'SOURCE_UNCLEAR', says: 'output: the site is built, and nothing shows which folder' },
    afterInit: { refused: 'SOURCE_UNCLEAR', says: 'command: package.json has no script start' },
  },
  {
    name: 'static-command',
    convention: 'a site with a command, which nothing would start',
    ends: { refused: 'CONFIG_INVALID', says: 'command: expected no such field: "static" does not use it' },
    afterInit: { runs: 'answers', path: '/', says: 'Never served.' },
  },
];
