import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { RoundTrips } from '../../harness/ssh/round-trips.ts';

/** A line on which these were measured, milliseconds. */
function line(...samples: readonly number[]): RoundTrips {
  const trips = new RoundTrips();
  for (const ms of samples) trips.add(ms);
  return trips;
}

const steady = (ms: number) => line(...Array.from({ length: 50 }, () => ms));
/** The longest silence after which such a line counts as dead: until it is asked, and then until it should have answered. */
const silence = (trips: RoundTrips) => Math.min(trips.silenceMaxMs, trips.beatMs + trips.patienceMs);

describe('what the round trips of a line say', () => {
  it('is that a quick line is dead after two missed heartbeats of 250 ms', () => {
    for (const ms of [0.2, 5, 20]) expect(steady(ms)).to.include({ beatMs: 250, missMs: 250, patienceMs: 500 });
  });

  it('is that a slow line lives through a stall of 2 s, wherever in its heartbeat that begins', () => {
    for (const ms of [50, 100, 200, 400, 800, 1500]) {
      const trips = steady(ms);
      // Heard at 0 and silent from then on: asked at the next beat, which is answered when the stall is over.
      expect(trips.patienceMs, `${ms} ms`).to.be.greaterThan(2000 + ms);
    }
  });

  it('is a heartbeat of four round trips', () => {
    expect(steady(100).beatMs).to.be.closeTo(400, 1);
    expect(steady(400).beatMs).to.be.closeTo(1600, 1);
  });

  it('is that a jittery line with short round trips is quick, also where this process was busy once', () => {
    const jittery = [22, 24, 41, 22, 30, 22, 47, 23, 26, 35];
    expect(line(60, ...jittery.slice(0, 3)).patienceMs, 'after a login').to.equal(500);
    for (let at = 0; at < jittery.length; at += 1) {
      const busyOnce = jittery.with(at, 700);
      expect(line(...busyOnce)).to.include({ beatMs: 250, patienceMs: 500 });
    }
  });

  it('is that a line which was uneven twice just now is not quick, for a while', () => {
    const trips = line(...Array.from({ length: 20 }, () => 2), 220, 2, 180);
    expect(trips.patienceMs).to.be.at.least(3000);
    for (let n = 0; n < 5; n += 1) trips.add(2);
    expect(trips.patienceMs).to.be.at.least(3000);
    for (let n = 0; n < 10; n += 1) trips.add(2);
    expect(trips.patienceMs).to.equal(500);
  });

  it('is that a stall is worth telling, also where it is all that was measured beside one round trip', () => {
    expect(line(200, 2200).stallMs).to.equal(1000);
  });

  it('is that a line which became slow is slow from the second heartbeat on', () => {
    expect(line(...Array.from({ length: 20 }, () => 2), 300, 300).patienceMs).to.be.at.least(3000);
  });

  it('is nothing before anything was measured: then it counts as slow', () => {
    expect(line()).to.include({ beatMs: 250, patienceMs: 3000, summary: undefined });
  });

  it('never lets anything be silent for longer than 10 s', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { maxLength: 40 }), (samples) => {
        const trips = line(...samples);
        expect(silence(trips)).to.be.within(750, 10_000);
        expect(trips.beatMs).to.be.within(250, 2500);
      }),
    );
  });

  it('is told as the median and the worst of the whole time, with bounded memory', () => {
    const trips = new RoundTrips();
    for (let n = 1; n <= 100_000; n += 1) trips.add(n <= 50_000 ? 10 : 30);
    trips.add(900);
    for (let n = 0; n < 1000; n += 1) trips.add(30);
    expect(trips.summary?.worst).to.equal(900);
    expect(trips.summary?.median).to.be.oneOf([10, 30]);
    const even = new RoundTrips();
    for (let n = 1; n <= 100_001; n += 1) even.add(n / 1000);
    expect(even.summary?.median).to.be.closeTo(50, 2);
  });
});
