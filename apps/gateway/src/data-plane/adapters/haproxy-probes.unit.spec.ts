import { expect, it } from 'vitest';
import { probeRules } from './haproxy-probes.js';

it('health checks are marked by the beginnings of their agents and by their paths', () => {
  expect(
    probeRules({ probes: { agents: ['kube-probe', 'Consul Health Check'], paths: ['/healthz'] } }),
  ).toEqual([
    `http-request set-var(txn.probe) int(1) if { req.fhdr(user-agent) -m beg -i -- 'kube-probe' 'Consul Health Check' }`,
    `http-request set-var(txn.probe) int(1) if { path -m str -- '/healthz' }`,
  ]);
});

it('nothing is marked where nothing says what a health check is', () => {
  expect(probeRules({})).toEqual([]);
  expect(probeRules({ probes: { agents: [''], paths: [] } })).toEqual([]);
});

it('a quote in an agent ends no word of the configuration', () => {
  expect(probeRules({ probes: { agents: [`it's } x`], paths: [] } })).toEqual([
    `http-request set-var(txn.probe) int(1) if { req.fhdr(user-agent) -m beg -i -- 'it'\\''s } x' }`,
  ]);
});
