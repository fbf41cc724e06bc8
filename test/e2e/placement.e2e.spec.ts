import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainedPlacementSchema } from '#libs/contracts';
import { uniqueName } from '#libs/testing';
import { z } from 'zod';
import { Client, greeter } from './client.js';
import { answerOf, slipway } from './command.js';

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

const explain = async (word: string) =>
  z
    .array(explainedPlacementSchema)
    .parse(answerOf((await slipway('placement', 'explain', word, '--json')).out));

async function deploy(config: object = {}) {
  const appId = uniqueName('why');
  await client.push(appId, 'web', greeter('here', config));
  const token = await client.send({ mode: 'build-and-run', appId, services: ['web'] });
  return { appId, token, service: (await client.reply(token)).services[0] };
}

describe('slipway placement explain', () => {
  it('says why an instance is where it is: by its access token, its name, and the token of its request', async () => {
    const { appId, token, service } = await deploy();
    const [instance] = service?.instances ?? [];
    const access = `${token}:web:0`;
    const { code, out, err } = await slipway('placement', 'explain', access);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`${appId}/web  ${access}\n ✔ placed on ${instance?.node}, port `);
    expect(out).toMatch(/^NODE +POINTS +ALLOCATION/m);
    expect(out).toMatch(new RegExp(`^${instance?.node} \\* `, 'm'));
    const [found] = await explain(access);
    expect(found).toMatchObject({ node: instance?.node, outcome: 'placed', refused: [] });
    expect(found?.best.map(({ node }) => node)).toContain(instance?.node);
    expect(await explain(`${appId}-web-${token}-0`)).toEqual([found]);
    expect(await explain(token)).toEqual([found]);
    await client.ask({ mode: 'stop', appId, services: ['web'] });
  });

  it('says why no node took it, with the command that the failed reply names', async () => {
    const { token, service } = await deploy({
      ...{ resources: { cpu: 200, memoryMiB: 64 }, placement: { waitMs: 1_000 } },
    });
    expect(service?.error?.code).toBe('NO_NODE');
    const [, word = ''] = /slipway placement explain (\S+)$/.exec(service?.error?.hint ?? '') ?? [];
    expect(word).toBe(`${token}:web:0`);
    const { code, out } = await slipway('placement', 'explain', word);
    expect(code).toBe(0);
    expect(out).toContain('✖ no node takes it');
    expect(out).toMatch(
      /^cpu +\d +needs 200 cores, best free [\d.]+ on node-\d +[\d.]+ cores more on node-\d, or ask for/m,
    );
    const [found] = await explain(word);
    expect(found).toMatchObject({ outcome: 'refused', best: [], refused: [{ quantity: { needed: 200 } }] });
  });

  it('what is not known is refused with a code, as what no name can be is', async () => {
    const unknown = await slipway('placement', 'explain', 'nobody:web:0', '--json');
    expect(unknown.code).toBe(1);
    expect(answerOf(unknown.out)).toMatchObject({ error: { code: 'PLACEMENT_UNKNOWN' } });
    const wrong = await slipway('placement', 'explain', 'no such thing');
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain('<token-or-instance> is "no such thing"');
  });
});
