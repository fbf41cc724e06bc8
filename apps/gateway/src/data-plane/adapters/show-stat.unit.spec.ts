import { expect, it } from 'vitest';
import { statLines } from './show-stat.js';

const HEAD =
  '# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,type,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,cli_abrt,rtime,new_one';

it('what HAProxy counts of a server is read by the names of columns, whatever stands around them', () => {
  const lines = [
    HEAD,
    'least-1,s2,1,5,3,9,,120,1000,2000,,0,,2,3,4,0,UP 1/2,100,2,1,90,5,4,10,0,6,17,x',
    'least-1,BACKEND,0,0,0,0,1000,120,1000,2000,0,0,,0,0,0,0,UP,100,1,0,0,0,0,0,0,0,0,',
    'least-1,s3,0,0,0,0,,0,0,0,,0,,0,0,0,0,DOWN,100,2,0,0,0,0,0,0,0,0,',
    'sticky-1,s1,0,0,0,0,,0,0,0,,0,,0,0,0,0,no check,100,2,,,,,,,,,',
    '',
  ];
  expect(statLines(lines.join('\n'))).toEqual([
    {
      ...{ backend: 'least-1', slot: 2, inFlight: 3, queued: 1, isUp: true, responseMs: 17 },
      counters: {
        ...{
          requests: 120,
          answers: 110,
          failedAnswers: 10,
          lost: 9,
          aborts: 6,
          bytesIn: 1000,
          bytesOut: 2000,
        },
      },
    },
    expect.objectContaining({ slot: 3, isUp: false }),
    expect.objectContaining({ backend: 'sticky-1', isUp: true }),
  ]);
});

it('a column that is missing is named', () => {
  expect(() => statLines('# pxname,svname\nleast-1,s1')).toThrow('show stat has no column type');
});
