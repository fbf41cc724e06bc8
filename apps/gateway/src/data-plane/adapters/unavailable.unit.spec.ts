import { expect, it } from 'vitest';
import { UNKNOWN } from '../domain/unavailable.js';
import { unavailableRules } from './unavailable.js';

it('a refusal is JSON for who accepts that by name, else text', () => {
  expect(unavailableRules({ ...UNKNOWN, code: 'A"B', message: 'M', hint: '$H' })).toEqual([
    String.raw`http-request return status 503 content-type application/json string "{\"code\":\"A\\\"B\",\"message\":\"M\",\"hint\":\"\$H\"}\n" hdr Retry-After 5 hdr Cache-Control no-store if { req.hdr(accept) -m beg -i application/json }`,
    String.raw`http-request return status 503 content-type text/plain string "M\n" hdr Retry-After 5 hdr Cache-Control no-store`,
  ]);
});
