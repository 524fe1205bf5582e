import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { FrameCutter, MessageReader, message } from '../../../harness/ssh/openssh/wire.ts';

describe('messages on the control socket', () => {
  it('are found again however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        (bodies, sizes) => {
          const stream = Buffer.concat(bodies.map((body) => message(Buffer.from(body))));
          const cutter = new FrameCutter(300);
          const found: Buffer[] = [];
          for (let at = 0, turn = 0; at < stream.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            found.push(...cutter.push(stream.subarray(at, at + size)));
            at += size;
          }
          expect(found.map((frame) => [...frame])).to.deep.equal(bodies.map((body) => [...body]));
        },
      ),
    );
  });

  it('are given up when one is longer than any can be', () => {
    const cutter = new FrameCutter(100);
    expect(() => [...cutter.push(Buffer.from('HTTP/1.1 400 Bad Request'))]).to.throw(RangeError, /frame of \d+ bytes/);
  });

  it('are read field by field, and not beyond their end', () => {
    const reader = new MessageReader(message(7, true, 'word', Buffer.from([1, 2])));
    expect([reader.number(), reader.flag(), reader.text(), [...reader.bytes()]]).to.deep.equal([
      7,
      true,
      'word',
      [1, 2],
    ]);
    expect(() => reader.number()).to.throw(RangeError);
    expect(() => new MessageReader(Buffer.from([0, 0, 0, 9, 1])).bytes()).to.throw(RangeError, /9 bytes/);
  });
});
