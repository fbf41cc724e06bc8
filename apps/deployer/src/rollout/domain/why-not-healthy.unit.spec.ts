import { describe, expect, it } from 'vitest';
import { type Evidence, whyEnded, whyNotHealthy, whyNotYet } from './why-not-healthy.js';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid';
const socket = (ip: string, port: number, state = '0A'): string =>
  `   0: ${ip}:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000 10001`;
const ANY = '00000000';
const LOOPBACK = '0100007F';
const listening = (...lines: string[]): string => [HEAD, ...lines, HEAD].join('\n');

const seen = (more: Partial<Evidence>): Evidence => ({
  ...{ name: 'web-0', port: 8080, memoryMiB: 64, probe: 'connect ECONNREFUSED 10.0.0.1:20000' },
  ...{ healthPath: '/health', log: undefined, outOfMemory: false, sockets: undefined },
  ...more,
});

describe('why an instance that runs is not healthy', () => {
  it('29: a process that listens on 127.0.0.1 only was told to listen on 0.0.0.0 among other guesses', () => {
    const { cause, hint } = whyNotHealthy(seen({ sockets: listening(socket(LOOPBACK, 8080)) }));
    expect(cause).toBe('web-0 listens on 127.0.0.1:8080, which nobody outside its container reaches');
    expect(hint).toContain('0.0.0.0:8080');
  });

  it.each(['HTTP 403', 'other side closed', 'Parse Error: Expected HTTP/'])(
    'health.path of a service that speaks HTTP/2 was asked over HTTP/1.1 without a hint: %s',
    (probe) => {
      const { cause, hint } = whyNotHealthy(seen({ probe, isHttp2: true }));
      expect(cause).toContain('web-0 does not answer /health over HTTP/1.1');
      expect(hint).toContain('Remove health.path');
      expect(whyNotHealthy(seen({ probe })).cause).not.toContain('HTTP/1.1');
    },
  );

  it('a service of HTTP/2 that cannot be connected to, or has no health.path, is judged as others are', () => {
    for (const more of [{ probe: 'HTTP 404' }, { probe: 'connect ECONNREFUSED 10.0.0.1:20000' }])
      expect(whyNotHealthy(seen({ ...more, isHttp2: true })).cause).not.toContain('HTTP/1.1');
    expect(whyNotHealthy(seen({ probe: 'x', isHttp2: true, healthPath: undefined })).cause).not.toContain(
      'HTTP/1.1',
    );
  });

  it.each([
    ['IPv6 loopback', '00000000000000000000000001000000'],
    ['loopback within IPv6', '0000000000000000FFFF00000100007F'],
  ])('knows %s', (_, ip) => {
    expect(whyNotHealthy(seen({ sockets: listening(socket(ip, 8080)) })).cause).toContain('127.0.0.1:8080');
  });

  it('29: listening on another port than that of config.json was not said', () => {
    const { cause, hint } = whyNotHealthy(
      seen({ sockets: listening(socket(ANY, 3000), socket('0B00007F', 40_000), socket(ANY, 8080, '01')) }),
    );
    expect(cause).toBe('web-0 listens on port 3000, not on 8080, the port of config.json');
    expect(hint).toContain('Set port in config.json to 3000');
  });

  it('names a port of 127.0.0.1 that is another one too', () => {
    expect(whyNotHealthy(seen({ sockets: listening(socket(LOOPBACK, 5000)) })).cause).toBe(
      'web-0 listens on 127.0.0.1 at port 5000, which nobody outside its container reaches',
    );
  });

  it('says that it listens on no port, and what its log says of that first', () => {
    const sockets = listening();
    expect(whyNotHealthy(seen({ sockets })).cause).toBe('web-0 runs, but listens on no port');
    const log = 'Error: connect ECONNREFUSED 127.0.0.1:5432\n    at TCPConnectWrap';
    expect(whyNotHealthy(seen({ sockets, log })).cause).toContain('another server at localhost:5432');
  });

  it('22: a service that answers 400 unless Host is one of its names said only HTTP 400', () => {
    const { cause, hint } = whyNotHealthy(
      seen({ probe: 'HTTP 400', log: "Invalid HTTP_HOST header: '10.0.0.1:20000'." }),
    );
    expect(cause).toBe(
      'web-0 answers /health with HTTP 400, because it does not know the host name of the request',
    );
    expect(hint).toContain('health.headers');
  });

  it.each([
    ['HTTP 404', 'web-0 has nothing at /health (HTTP 404)', 'health.path'],
    ['HTTP 401', 'web-0 wants a login at /health (HTTP 401)', 'health.path'],
    ['HTTP 503', 'web-0 answers /health with an error of its own (HTTP 503)', 'log'],
  ])('%s names what to change', (probe, cause, field) => {
    const why = whyNotHealthy(seen({ probe }));
    expect(why.cause).toBe(cause);
    expect(why.hint).toContain(field);
  });

  it('that does not answer in time: it names health.timeoutMs', () => {
    const sockets = listening(socket(ANY, 8080));
    expect(whyNotHealthy(seen({ sockets, probe: 'no answer within 2000 ms' })).hint).toContain(
      'health.timeoutMs',
    );
  });

  it('says that no process accepts connections, and what its log says of that first', () => {
    const sockets = listening(socket(ANY, 8080));
    const probe = 'a TCP connection that no process accepts';
    expect(whyNotHealthy(seen({ sockets, probe })).cause).toBe(
      'web-0 listens on port 8080, but no process accepts its connections',
    );
    const log = "ModuleNotFoundError: No module named 'pandas'";
    expect(whyNotHealthy(seen({ sockets, probe, log })).cause).toContain('pandas is not installed');
  });

  it('says what it must do where nothing is known', () => {
    expect(whyNotHealthy(seen({})).hint).toContain('must listen on 0.0.0.0');
  });

  it('while it is waited for only says what is surely wrong', () => {
    expect(whyNotYet(seen({}))).toBeUndefined();
    expect(whyNotYet(seen({ sockets: listening(socket(ANY, 8080)) }))).toBeUndefined();
    expect(whyNotYet(seen({ sockets: listening(socket(ANY, 3000)) }))?.cause).toContain('port 3000');
  });

  it('a program that listens on no port at all was waited for without a word, its whole time long', () => {
    const why = whyNotYet(seen({ sockets: listening() }));
    expect(why?.cause).toBe('web-0 runs, but listens on no port');
    expect(why?.hint).toContain('A worker that serves nobody has no port');
  });
});

describe('why a container ended', () => {
  it('out of memory: the limit, and what to raise', () => {
    const { cause, hint } = whyEnded(seen({ outOfMemory: true }), 137);
    expect(cause).toBe('web-0 ran out of memory: it may use 64 MiB, and wanted more');
    expect(hint).toContain('resources.memoryMiB in config.json (now 64)');
  });

  it.each([
    [
      '[FATAL tini (7)] exec gunicorn failed: No such file or directory',
      127,
      'The program gunicorn is not in',
    ],
    [
      '[FATAL tini (7)] exec ./run.sh failed: Permission denied',
      126,
      'The file ./run.sh may not be executed',
    ],
    ['[FATAL tini (7)] exec /app/x failed: Exec format error', 126, 'another architecture'],
    ["ModuleNotFoundError: No module named 'flask'", 1, 'The Python module flask is not installed'],
    ["Error: Cannot find module 'express'\nRequire stack:", 1, 'The package express is not installed'],
    ["Error: Cannot find module '/app/dist/main.js'", 1, 'The file /app/dist/main.js is not in the image'],
    [
      "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'koa' imported from /app/a.js",
      1,
      'package koa is not',
    ],
    ['sh: 1: vite: not found', 127, 'The program vite is not in the image'],
    ['#9 0.412 sh: 1: tsc: not found', 127, 'The program tsc is not in the image'],
    ['bash: line 1: uvicorn: command not found', 127, 'The program uvicorn is not in the image'],
    [
      'runc: exec: "poetry": executable file not found in $PATH: unknown',
      127,
      'The program poetry is not in',
    ],
    ["KeyError: 'SECRET_KEY'", 1, 'The environment variable SECRET_KEY seems not to be set'],
    ['sqlite3.OperationalError: unable to open database file', 1, 'may not write its database file'],
    ["PermissionError: [Errno 13] Permission denied: '/var/data'", 1, 'no permission for /var/data'],
    ["Error: EACCES: permission denied, open '/etc/x'", 243, 'no permission for /etc/x'],
    ['Error: listen EADDRINUSE: address already in use 0.0.0.0:8080', 1, 'Two of its processes want'],
    ['FATAL ERROR: Reached heap limit - JavaScript heap out of memory', 134, 'ran out of memory'],
  ])('%s', (log, code, cause) => {
    expect(whyEnded(seen({ log: `starting\n${log}\n` }), code).cause).toContain(cause);
  });

  it.each([
    [0, 'ended without an error, and a service has to go on running'],
    [126, 'may not be executed'],
    [127, 'was not found'],
    [137, 'was killed'],
    [139, 'crashed'],
    [1, 'ended by itself'],
    [undefined, 'ended by itself'],
  ])('with code %s and a log that says nothing', (code, cause) => {
    expect(whyEnded(seen({ log: 'bye' }), code).cause).toContain(cause);
  });

  it('an error that nothing caught was "ended by itself"', () => {
    const log =
      'Traceback (most recent call last):\n  File "/app/a.py", line 2, in b\n    c()\nValueError: d\n';
    expect(whyEnded(seen({ log }), 1).cause).toBe('An error ended it: ValueError: d (/app/a.py, line 2)');
    expect(whyEnded(seen({ log: 'bye' }), 1).cause).toBe('web-0 ended by itself');
  });
});
