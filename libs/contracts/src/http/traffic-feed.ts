import { defineRoute } from './route.js';

/** What gateways need to know, over a WebSocket. */
export const trafficFeedRoutes = {
  trafficFeed: defineRoute({
    id: 'trafficFeed',
    method: 'GET',
    path: '/v1/traffic/feed',
    summary:
      'A WebSocket for a gateway: what runs where, and what changes. docs/reference/traffic-feed.md has its messages.',
    role: 'read',
    headers: { Upgrade: '`websocket`; without it the answer is 426.' },
    answers: {
      101: { description: 'The WebSocket is open; the gateway says `hello`.', empty: true, streamed: true },
    },
  }),
};
