import { expect } from 'chai';
import { describe, it } from 'mocha';
import { TUNNEL_ROWS } from '../../harness/tools/rows.ts';

const parse = (key: string, text: string) => {
  const parsed = TUNNEL_ROWS.find((row) => row.key === key)?.parse(text);
  return parsed !== undefined && 'value' in parsed ? parsed.value : parsed?.problem;
};

describe('the settings of a tunnel', () => {
  it('listen on loopback unless told otherwise', () => {
    expect(parse('socks', '1080')).to.deep.equal({ host: '127.0.0.1', port: 1080 });
    expect(parse('socks', '0.0.0.0:1080')).to.deep.equal({ host: '0.0.0.0', port: 1080 });
    expect(parse('socks', '[::1]:0')).to.deep.equal({ host: '::1', port: 0 });
    expect(parse('socks', 'localhost:1080')).to.deep.equal({ host: 'localhost', port: 1080 });
  });

  it('forward several ports, to names and addresses of either kind', () => {
    expect(parse('forward', '8443:kubernetes.default:443, 127.0.0.2:0:[fd00::1]:80')).to.deep.equal([
      { from: { host: '127.0.0.1', port: 8443 }, to: { host: 'kubernetes.default', port: 443 } },
      { from: { host: '127.0.0.2', port: 0 }, to: { host: 'fd00::1', port: 80 } },
    ]);
  });

  it('say what is no address', () => {
    for (const text of ['', 'x', '70000', 'host:1080', '1:2:3', '[::1]', '-1']) {
      expect(parse('socks', text), text).to.equal(`"${text}" is no address to listen on`);
    }
    for (const text of [
      '',
      '80',
      '80:host',
      'host:80:host',
      '80:host:0',
      '80:host:70000',
      '1.2.3.4:80:host:80:1',
      '80::80',
    ]) {
      expect(parse('forward', text), text).to.equal(`"${text}" is no forward`);
    }
  });
});
