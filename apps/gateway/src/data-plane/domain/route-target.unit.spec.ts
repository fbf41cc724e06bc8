import { expect, it } from 'vitest';
import { backendOf, headerNamesOf, targetOf } from './route-target.js';

const headers = { 'X-B': 'b:|;"\'% \\', 'x-a': 'a' };

it.each([
  [{ path: '/' }, 'least-1'],
  [{ path: '/api/v1', strip: true }, `least-1:2:${btoa('/api/v1')}`],
  [{ path: '/', timeoutMs: 500 }, 'least-1:::500'],
  [{ path: '/', headers }, `least-1::::${btoa('a')}|${btoa(headers['X-B'])}`],
  [{ path: '/', headers: { 'X-B': 'b' } }, `least-1::::|${btoa('b')}`],
  [
    { path: '/a', strip: true, timeoutMs: 5, headers: { 'x-a': 'a' } },
    `least-1:1:${btoa('/a')}:5:${btoa('a')}`,
  ],
])('a route is one value without what HAProxy would read as its own: %#', (route, target) => {
  const written = targetOf('least-1', route, ['x-a', 'x-b']);
  expect(written).toBe(target);
  expect(written).toMatch(/^[\w=+/:|-]+$/);
  expect(backendOf(written)).toBe('least-1');
});

it('names of headers are those of all routes, whatever the case of their letters', () => {
  expect(headerNamesOf([{ headers }, {}, { headers: { 'X-A': 'other' } }])).toEqual(['x-a', 'x-b']);
});
