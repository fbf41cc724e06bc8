import { expect, it } from 'vitest';
import type { FromGateway } from '#libs/contracts';
import { FeedReporting } from './feed-reporting.js';

function reporting() {
  const sent: FromGateway[] = [];
  const link = { hasRoom: true, send: (message: FromGateway) => void sent.push(message) };
  return { link, sent, feed: new FeedReporting(link) };
}
const row = (inFlight: number) => ({ services: [{ name: 'shop/web', inFlight }], instances: [] });

it('nothing is told while no load balancer is followed, and each new one hears all', async () => {
  const { feed, sent } = reporting();
  await feed.figures(row(1), 1);
  await feed.wake(['shop/web']);
  expect(sent).toEqual([]);
  feed.connected();
  await feed.figures(row(1), 2);
  await feed.figures(row(1), 3);
  feed.lost();
  await feed.figures(row(1), 4);
  feed.connected();
  await feed.figures(row(1), 5);
  expect(sent).toMatchObject([
    { at: 2, isWhole: true, services: [{ inFlight: 1 }] },
    { at: 3, services: [] },
    { at: 5, isWhole: true, services: [{ inFlight: 1 }] },
  ]);
});

it('figures that would come late are not told, but a wake is', async () => {
  const { feed, sent, link } = reporting();
  feed.connected();
  link.hasRoom = false;
  await feed.figures(row(1), 1);
  await feed.wake(['shop/web']);
  link.hasRoom = true;
  await feed.figures(row(2), 2);
  expect(sent).toMatchObject([
    { type: 'wake', services: ['shop/web'] },
    { type: 'figures', isWhole: true, services: [{ inFlight: 2 }] },
  ]);
});
