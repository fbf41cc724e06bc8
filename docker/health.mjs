// The health check of the images: every app of the container is ready. The command serves nothing and is healthy.
const ports = (process.env.SLIPWAY_HEALTH_PORTS ?? '').split(' ').filter(Boolean);
const isReady = (port) =>
  fetch(`http://127.0.0.1:${port}/ready`, { signal: AbortSignal.timeout(4_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
const answers = await Promise.all(ports.map(isReady));
const waiting = ports.filter((_port, index) => !answers[index]);
if (waiting.length > 0) console.error(`not ready: port ${waiting.join(', ')}`);
process.exitCode = waiting.length === 0 ? 0 : 1;
