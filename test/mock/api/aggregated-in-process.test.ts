import { expect } from 'chai';
import { answerOffTheWire } from '../../../providers/mock/api/in-process-hand-over.ts';

describe('a request in process to an aggregated API', () => {
  it('is answered by whoever serves it, with method, path and body as sent', async () => {
    const request = { method: 'PUT', path: '/apis/x/v1/y?z=1', body: { a: 1 } } as const;
    const answer = await answerOffTheWire(request, async (message, response) => {
      let text = '';
      for await (const chunk of message) text += chunk;
      response.writeHead(202, { 'content-type': 'application/json' });
      response.write('{"heard":');
      response.end(`${JSON.stringify([message.method, message.url, text])}}`);
    });
    expect(answer).to.deep.equal({ status: 202, body: { heard: ['PUT', '/apis/x/v1/y?z=1', '{"a":1}'] } });
  });

  it('gives text as text', async () => {
    const answer = await answerOffTheWire(
      { method: 'GET', path: '/healthz' },
      (_, response) => void response.end('ok'),
    );
    expect(answer).to.deep.equal({ status: 200, body: 'ok' });
  });
});
