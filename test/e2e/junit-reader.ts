import { SaxesParser } from 'saxes';

/** One row of a JUnit file as a strict reader sees it. */
export interface JunitCase {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Of the failure or the skip. */
  readonly message: string;
  readonly type: string;
  /** Its system-out. */
  readonly output: string;
}

/** Reads a JUnit file strictly. @throws Error when it is not well-formed or its root is no bare testsuite. */
export function readJunit(xml: string): readonly JunitCase[] {
  const rows: JunitCase[] = [];
  const path: string[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    path.push(name);
    if (path.length === 1 && name !== 'testsuite') throw new Error(`the root is <${name}>`);
    if (path.join('/') === 'testsuite/testcase')
      rows.push({ name: attributes.name ?? '', outcome: 'passed', message: '', type: '', output: '' });
    const last = rows.at(-1);
    if (path.length !== 3 || last === undefined || (name !== 'failure' && name !== 'skipped')) return;
    const outcome = name === 'failure' ? 'failed' : 'skipped';
    rows[rows.length - 1] = {
      name: last.name,
      outcome,
      message: attributes.message ?? '',
      type: attributes.type ?? '',
      output: last.output,
    };
  });
  parser.on('text', (text) => {
    const last = rows.at(-1);
    if (path.join('/') !== 'testsuite/testcase/system-out' || last === undefined) return;
    rows[rows.length - 1] = { ...last, output: last.output + text };
  });
  parser.on('closetag', () => void path.pop());
  parser.write(xml).close();
  return rows;
}
