import { SaxesParser } from 'saxes';

/** An element as a strict parser sees it. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

/** Parses strictly. @throws Error on anything that is not well-formed XML 1.0. */
export function parseXml(xml: string): Element {
  const parser = new SaxesParser();
  const open: Element[] = [];
  let root: Element | undefined;
  parser.on('opentag', ({ name, attributes }) => {
    const element: Element = { name, attributes, children: [], text: '' };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  const add = (text: string) => {
    const last = open.at(-1);
    if (last !== undefined) last.text += text;
  };
  parser.on('text', add);
  parser.on('cdata', add);
  parser.on('closetag', () => void open.pop());
  parser.write(xml).close();
  if (root === undefined) throw new Error('no element');
  return root;
}

const casesOf = (suite: Element) => suite.children.filter(({ name }) => name === 'testcase');
const last = (element: Element, name: string) => element.children.filter((child) => child.name === name).at(-1);
const has = (element: Element, name: string) => last(element, name) !== undefined;

/** All suites with their full names, as TestGrid joins them. */
function suitesOf(element: Element, prefix: readonly string[] = []): readonly { name: string; suite: Element }[] {
  if (element.name === 'testsuites') return element.children.flatMap((child) => suitesOf(child));
  if (element.name !== 'testsuite') return [];
  const path = [...prefix, element.attributes.name ?? ''].filter((part) => part !== '');
  return [...element.children.flatMap((child) => suitesOf(child, path)), { name: path.join('.'), suite: element }];
}

/** What Prow's page counts, for files in which no case stands twice. */
export function spyglass(root: Element) {
  const cases = suitesOf(root).flatMap(({ suite }) => casesOf(suite));
  const names = (list: readonly Element[]) => list.map(({ attributes }) => attributes.name ?? '');
  const isFailed = (one: Element) => !has(one, 'skipped') && (has(one, 'failure') || has(one, 'error'));
  return {
    passed: names(cases.filter((one) => !has(one, 'skipped') && !isFailed(one))),
    failed: names(cases.filter(isFailed)),
    skipped: names(cases.filter((one) => has(one, 'skipped'))),
  };
}

/** TestGrid's cells by row, for files in which no row stands twice. */
export function testgrid(root: Element): Readonly<Record<string, { result: string; message: string }>> {
  const cells = suitesOf(root).flatMap(({ name, suite }) =>
    casesOf(suite).flatMap((one) => {
      const row = [name, one.attributes.name ?? ''].filter((part) => part !== '').join('.');
      const cell = testgridCell(one);
      return cell === undefined ? [] : [[row, cell] as const];
    }),
  );
  return Object.fromEntries(cells);
}

function testgridCell(one: Element): { result: string; message: string } | undefined {
  const skipped = last(one, 'skipped');
  const texts = ['error', 'failure', 'skipped', 'system-err', 'system-out'].map((name) => {
    const told = last(one, name);
    return [told?.attributes.message ?? '', told?.text ?? ''].filter(Boolean).join('\n');
  });
  const message = texts.find(Boolean) ?? '';
  if (has(one, 'error') || has(one, 'failure')) return { result: 'FAIL', message: cut(message) };
  if (skipped === undefined) return { result: 'PASS', message: cut(message) };
  const isBare = skipped.text === '' && ['', 'skipped'].includes(skipped.attributes.message ?? '');
  return isBare ? undefined : { result: 'PASS_WITH_SKIPS', message: cut(message) };
}

/** Long messages lose their middle. */
function cut(message: string): string {
  const bytes = Buffer.from(message);
  return bytes.length < 140 ? message : `${bytes.subarray(0, 70).toString()}...${bytes.subarray(-70).toString()}`;
}

/** Names that flakefinder counts as failed: it does not go into a suite inside of a suite. */
export function flakefinder(root: Element): readonly string[] {
  const suites = root.name === 'testsuites' ? root.children.filter(({ name }) => name === 'testsuite') : [root];
  return suites
    .flatMap(casesOf)
    .filter((one) =>
      ['failure', 'error'].includes(one.children.filter(({ name }) => OUTCOMES.has(name)).at(-1)?.name ?? ''),
    )
    .map(({ attributes }) => attributes.name ?? '');
}

const OUTCOMES = new Set(['skipped', 'failure', 'error']);

/** How many cases search.ci indexes: those with a failure or anything on stderr, directly in a top-level suite. */
export function ciSearch(root: Element): number {
  const suites = root.name === 'testsuites' ? root.children.filter(({ name }) => name === 'testsuite') : [root];
  return suites.flatMap(casesOf).filter((one) => has(one, 'failure') || has(one, 'system-err')).length;
}

/** How many cases KubeVirt's junit-merger takes over: those directly below the root. */
export function junitMerger(root: Element): number {
  return casesOf(root).length;
}

/** What automation/assert-not-all-tests-skipped.sh counts: lines. */
export function skipCheck(xml: string): { readonly executed: number; readonly skipped: number } {
  const count = (word: string) => xml.split('\n').filter((line) => line.includes(word)).length;
  return { executed: count('<testcase'), skipped: count('<skipped') };
}
